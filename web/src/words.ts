// Which language the page speaks: what its reader chose, else what the browser asks for.

import { en, type Words } from "./words_en";
import { zh } from "./words_zh";

export type { Words };
export const languages: readonly Words[] = [en, zh];
const kept = "ddm-language";

function stored(): string | null {
  try {
    return localStorage.getItem(kept);
  } catch {
    return null; // a browser may forbid it; then the choice lasts as long as the page
  }
}

export function chosenWords(): Words {
  const chosen = stored();
  const found = languages.find((each) => each.language === chosen);
  return found ?? (navigator.language.toLowerCase().startsWith("zh") ? zh : en);
}

export function keepLanguage(language: string): void {
  try {
    localStorage.setItem(kept, language);
  } catch {
    // as above
  }
}
