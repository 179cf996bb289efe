import type { Language, PlaceName, Text } from "../labs/lab.ts";

/** Which digits numbers are written with. */
export type Digits = "latin" | "persian";

/** What the shell says. */
export const words = {
  title: { en: "zaya labs", fa: "آزمایشگاه‌های zaya" },
  tagline: {
    en: "Generative models that learn in this tab: change a number and see what it does.",
    fa: "مدل‌های مولدی که در همین صفحه یاد می‌گیرند: عددی را تغییر دهید و اثرش را ببینید.",
  },
  gallery: { en: "Labs", fa: "آزمایشگاه‌ها" },
  course: { en: "Course", fa: "دوره" },
  courseIntro: {
    en: "The labs in the order of the course. Each has one idea, five sentences, and a question to answer with it.",
    fa: "آزمایشگاه‌ها به ترتیب دوره. هر کدام یک ایده، پنج جمله و یک پرسش دارد که باید با آن پاسخ داده شود.",
  },
  skip: { en: "Skip to the lab", fa: "رفتن به آزمایشگاه" },
  language: { en: "فارسی", fa: "English" },
  theme: { en: "Theme", fa: "پوسته" },
  themes: { en: "system,light,dark", fa: "سیستم,روشن,تیره" },
  digits: { en: "Digits", fa: "رقم‌ها" },
  open: { en: "Open the lab", fa: "باز کردن آزمایشگاه" },
  play: { en: "Play", fa: "پخش" },
  pause: { en: "Pause", fa: "مکث" },
  step: { en: "Step", fa: "یک گام" },
  reset: { en: "Reset", fa: "از نو" },
  speed: { en: "Speed", fa: "سرعت" },
  fastest: { en: "fastest", fa: "بیشینه" },
  perSecond: { en: "steps/s", fa: "گام در ثانیه" },
  stepNumber: { en: "step", fa: "گام" },
  seed: { en: "Seed", fa: "بذر" },
  newSeed: { en: "New seed", fa: "بذر تازه" },
  compare: { en: "Compare A and B", fa: "مقایسهٔ A و B" },
  single: { en: "One side only", fa: "فقط یک سمت" },
  settings: { en: "Settings", fa: "تنظیمات" },
  settingsOf: { en: "Settings of", fa: "تنظیمات" },
  meters: { en: "Numbers", fa: "عددها" },
  now: { en: "now", fa: "اکنون" },
  ideal: { en: "ideal", fa: "ایده‌آل" },
  quantity: { en: "quantity", fa: "کمیت" },
  table: { en: "as a table", fa: "به شکل جدول" },
  lesson: { en: "Lesson", fa: "درس" },
  question: { en: "Question", fa: "پرسش" },
  challenge: { en: "Challenge", fa: "چالش" },
  met: { en: "done", fa: "انجام شد" },
  explain: { en: "Formula with current values", fa: "فرمول با مقدارهای کنونی" },
  code: { en: "The same numbers outside this page", fa: "همین عددها بیرون از این صفحه" },
  command: { en: "Command", fa: "فرمان" },
  copy: { en: "Copy", fa: "کپی" },
  copied: { en: "Copied", fa: "کپی شد" },
  share: { en: "Copy link", fa: "کپی پیوند" },
  loading: { en: "Preparing the first picture.", fa: "در حال آماده‌سازی نخستین تصویر." },
  problem: { en: "It stopped", fa: "متوقف شد" },
  clear: { en: "Clear", fa: "پاک کردن" },
  draw: {
    en: "Draw here with the pointer, or move the pen with the arrow keys and draw with Shift and the arrow keys.",
    fa: "اینجا با نشانگر بکشید؛ یا قلم را با کلیدهای جهت‌نما جابه‌جا کنید و با نگه‌داشتن Shift بکشید.",
  },
  pick: {
    en: "The arrow keys move a marker over the picture, Enter selects its position.",
    fa: "با کلیدهای جهت‌نما نقطه‌ای را روی تصویر جابه‌جا و با Enter انتخاب کنید.",
  },
  click: { en: "A click:", fa: "با هر کلیک:" },
  ended: { en: "all steps done", fa: "همهٔ گام‌ها انجام شد" },
  time: { en: "Look back", fa: "بازبینی" },
  newest: { en: "Now", fa: "اکنون" },
  film: { en: "Film, 5 s", fa: "فیلم ۵ ثانیه‌ای" },
  filming: { en: "Recording", fa: "در حال ضبط" },
  further: {
    en: "The same on a larger scale, with its own numbers",
    fa: "همین موضوع در مقیاس بزرگ‌تر، با عددهای خودش",
  },
  teachers: { en: "For teachers: a link with fewer controls", fa: "برای مدرسان: پیوندی با بخش‌های کمتر" },
  teachersHow: {
    en: "Choose what the class can change and see, and copy the link.",
    fa: "مشخص کنید کلاس چه چیزهایی را ببیند و تغییر دهد، سپس پیوند را کپی کنید.",
  },
  free: { en: "free", fa: "آزاد" },
  locked: { en: "locked", fa: "قفل" },
  hidden: { en: "hidden", fa: "پنهان" },
  shown: { en: "Parts that are shown", fa: "بخش‌هایی که نشان داده می‌شوند" },
  charts: { en: "Charts", fa: "نمودارها" },
  next: { en: "Next", fa: "بعدی" },
  previous: { en: "Previous", fa: "قبلی" },
} as const satisfies Readonly<Record<string, Text>>;

/** A piece of text that keeps its own direction inside of any other. */
export const isolate = (text: string): string => `\u2068${text}\u2069`;

/** Powers, and Latin and Greek words, numbers and what joins them. */
const formulas =
  /[0-9۰-۹]+[⁰-₟²³¹]+|[−√|]?[\p{Script=Latin}\p{Script=Greek}0-9∞](?:[\p{Script=Latin}\p{Script=Greek}0-9∞ =+−×‖()|.,/≤≥≈→√·~[\]⁰-₟²³¹-]*[\p{Script=Latin}\p{Script=Greek}0-9∞)\]⁰-₟²³¹|])?/gu;

/** A formula in isolating characters, without brackets at its end which do not open in it. */
function isolated(formula: string): string {
  let end = formula.length;
  const count = (bracket: string) => formula.slice(0, end).split(bracket).length;
  while (formula[end - 1] === ")" && count(")") > count("(")) end--;
  return `\u2066${formula.slice(0, end)}\u2069${formula.slice(end)}`;
}

/** Writes numbers for people. */
export class Numerals {
  private readonly whole: Intl.NumberFormat;
  private readonly real: Intl.NumberFormat;
  private readonly tiny: Intl.NumberFormat;

  constructor(
    readonly language: Language,
    readonly digits: Digits,
  ) {
    const locale = `${language}-u-nu-${digits === "persian" ? "arabext" : "latn"}`;
    this.whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.real = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 });
    this.tiny = new Intl.NumberFormat(locale, { notation: "scientific", maximumFractionDigits: 2 });
  }

  /** To four digits; whole numbers as they are. */
  number(value: number | undefined): string {
    if (value === undefined || Number.isNaN(value)) return "–";
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    if (Number.isInteger(value)) return this.whole.format(value);
    if (Math.abs(value) >= 1e-3) return this.real.format(value);
    const power = this.tiny.format(value);
    return this.language === "fa" ? `\u2066${power}\u2069` : power;
  }

  /** The name of a place on an axis, which may be a number. */
  place(name: PlaceName): string {
    if (typeof name !== "string") return this.text(name[this.language]);
    return name.trim() === "" || Number.isNaN(Number(name)) ? name : this.number(Number(name));
  }

  /** A text with its digits in this form; formulas in Persian text run from left to right on their own. */
  text(text: string): string {
    return this.language === "fa" ? this.digitsOf(text).replaceAll(formulas, isolated) : text;
  }

  private digitsOf(text: string): string {
    if (this.digits === "latin")
      return text
        .replaceAll(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
        .replaceAll("٫", ".")
        .replaceAll("٬", ",");
    return text;
  }
}
