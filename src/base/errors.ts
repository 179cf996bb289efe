/**
 * An error whose cause the user can fix. `message` reads `where: rule - got value`; `hint` says what to do next. There
 * is one subclass per kind, so that callers can distinguish them without reading text.
 */
export class ZayaError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/** Shapes or types of tensors that do not fit together. `scope` is the path of the layer that was being applied. */
export class ShapeError extends ZayaError {
  scope: readonly string[] = [];
  private readonly text: string;

  constructor(text: string, hint?: string) {
    super(text, hint);
    this.text = text;
  }

  /** Names one more part around the place of the error. */
  enter(part: string): this {
    this.scope = [part, ...this.scope];
    this.message = `${this.text} (in ${this.scope.join(".")})`;
    return this;
  }
}

/** An option, a flag or a name that is not valid; refused before any work starts. */
export class OptionError extends ZayaError {
  /** @param option The option, where one is meant; message and hint then begin with its name. */
  constructor(
    message: string,
    hint?: string,
    readonly option?: string,
  ) {
    super(message, hint);
  }
}

/** Data that cannot be read or does not have the form it should have. */
export class DataError extends ZayaError {}

/** What a model gives is not finite: it has diverged, or one item is far from all that it was trained on. */
export class NotFiniteError extends DataError {}

/** A file of a run (checkpoint, config, record) that is missing, damaged or in use. */
export class RunError extends ZayaError {}

/** A loss that stopped being finite. `step` is the step that produced it. */
export class DivergedError extends ZayaError {
  constructor(
    readonly step: number,
    message: string,
    hint?: string,
  ) {
    super(message, hint);
  }
}

/** The engine asked for does not exist here or failed. */
export class EngineError extends ZayaError {}

/** Runs `body`; a shape error that it throws names `part` in its scope path. @throws what `body` throws. */
export function inScope<T>(part: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof ShapeError ? error.enter(part) : error;
  }
}
