/**
 * An error whose cause the user can fix. `message` has the form `where: rule - got value`; `hint` says what to do next.
 * There is one subclass per kind, so that callers need not parse messages.
 */
export class ZayaError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** Incompatible shapes or types of tensors. `scope` is the path of the layer that was being applied. */
export class ShapeError extends ZayaError {
  scope: readonly string[] = [];
  private readonly text: string;

  constructor(text: string, hint?: string) {
    super(text, hint);
    this.text = text;
  }

  /** Prepends a part to the scope path. */
  enter(part: string): this {
    this.scope = [part, ...this.scope];
    this.message = `${this.text} (in ${this.scope.join(".")})`;
    return this;
  }
}

/** An invalid option, flag or name, refused before any work starts. */
export class OptionError extends ZayaError {
  /** @param option The option concerned, if any; message and hint then begin with its name. */
  constructor(
    message: string,
    hint?: string,
    readonly option?: string,
  ) {
    super(message, hint);
  }
}

/** Data that cannot be read or do not have the required form. */
export class DataError extends ZayaError {}

/** Non-finite output of a model: it has diverged, or an item is far outside its training data. */
export class NotFiniteError extends DataError {}

/** A missing, damaged or locked file of a run (checkpoint, config, record). */
export class RunError extends ZayaError {}

/** A loss that became NaN or infinite. `step` is the training step that produced it. */
export class DivergedError extends ZayaError {
  constructor(
    readonly step: number,
    message: string,
    hint?: string,
  ) {
    super(message, hint);
  }
}

/** An engine that is not available on this machine, or failed. */
export class EngineError extends ZayaError {}

/** Runs `body`, and prepends `part` to the scope path of a shape error. @throws what `body` throws. */
export function inScope<T>(part: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof ShapeError ? error.enter(part) : error;
  }
}
