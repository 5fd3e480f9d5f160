// Text that came from an event, taken apart so that nothing in it can hide: control characters, characters that turn the
// direction of the text around them, and invisible ones are named instead of obeyed. Pure.

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  /** A character that would not be seen, or would change how others are seen: its code point, `U+202E`. */
  | { readonly kind: 'hidden'; readonly name: string };

/**
 * Controls except line feed and tab, soft hyphen, Arabic letter mark, zero-width and bidirectional characters, line and
 * paragraph separators, variation selectors and tags, the byte order mark, lone surrogates.
 */
const HIDDEN =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class -- naming them is what this is for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\p{Cs}\u{e0000}-\u{e007f}]/gu;

export function visibleParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > end) parts.push({ kind: 'text', text: text.slice(end, match.index) });
    parts.push({ kind: 'hidden', name: nameOf(match[0]) });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) });
  return parts;
}

/** The beginning of a text, at most `lengthMax` UTF-16 units, never ending within a character. */
export function beginningOf(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const last = text.charCodeAt(lengthMax - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHalf ? lengthMax - 1 : lengthMax);
}

/** For places that take plain text only: a tooltip, a title, an aria-label. */
export const plainText = (text: string, lengthMax = 200): string => {
  const shown = visibleParts(beginningOf(text, lengthMax))
    .map((part) => (part.kind === 'text' ? part.text : `[${part.name}]`))
    .join('');
  return text.length > lengthMax ? `${shown}…` : shown;
};

const nameOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
