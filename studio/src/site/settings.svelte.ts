import type { Language, Text } from "../labs/lab.ts";
import { type Address, formatAddress, parseAddress } from "./address.ts";
import { type Digits, Numerals } from "./words.ts";

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];

const kept = (name: string) => {
  try {
    return localStorage.getItem(`zaya ${name}`);
  } catch {
    // Pages without storage have no memory.
    return null;
  }
};

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`zaya ${name}`, value);
  } catch {
    // See above.
  }
}

/** What a person has chosen for all pages, and where the page is. */
class Settings {
  address = $state.raw<Address>(parseAddress(location.hash, this.usualLanguage));
  theme = $state<Theme>(themes.find((each) => each === kept("theme")) ?? "system");
  private chosenDigits = $state<Digits | null>(
    (["latin", "persian"] as const).find((each) => each === kept("digits")) ?? null,
  );

  constructor() {
    addEventListener("hashchange", () => (this.address = parseAddress(location.hash, this.language)));
  }

  private get usualLanguage(): Language {
    return navigator.language.startsWith("fa") ? "fa" : "en";
  }

  get language(): Language {
    return this.address.language;
  }

  get digits(): Digits {
    return this.chosenDigits ?? (this.language === "fa" ? "persian" : "latin");
  }

  set digits(digits: Digits) {
    this.chosenDigits = digits;
    keep("digits", digits);
  }

  /** Made anew only where language or digits change: number formats are expensive to make. */
  readonly numerals = $derived(new Numerals(this.language, this.digits));

  /** A text in the language of the page. */
  say(text: Text): string {
    return this.numerals.text(text[this.language]);
  }

  turnTheme(): void {
    this.theme = themes[(themes.indexOf(this.theme) + 1) % themes.length]!;
    keep("theme", this.theme);
  }

  get themeIndex(): number {
    return themes.indexOf(this.theme);
  }

  /** Goes to another page. */
  go(address: Partial<Address>): void {
    location.hash = formatAddress({ ...this.address, ...address });
  }

  /** Changes what the address says of this page, without a new entry in the history. */
  replace(address: Partial<Address>): void {
    this.address = { ...this.address, ...address };
    history.replaceState(null, "", formatAddress(this.address));
  }

  linkTo(place: Address["place"]): string {
    return formatAddress({ place, language: this.language });
  }
}

export const settings = new Settings();
