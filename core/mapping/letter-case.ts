/**
 * The form in which two texts that differ only in letter case are equal. Lower case first and then upper case, because
 * either alone leaves pairs apart: the Kelvin sign only has a lower case, and a Greek sigma has two of them, chosen by
 * its place in the word. The result of a part is a part of the result, so `contains` and `starts_with` can rely on it.
 * Independent of any locale. Two letters meet that a Turkish reader keeps apart: ı and i.
 */
export function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase();
}
