/**
 * JSON text with line breaks and indentation, and otherwise as it was: parsing and printing it anew would round large
 * numbers, drop repeated keys and move others. Undefined when it is no JSON. Pure.
 */
export function layOutJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let depth = 0;
  let laidOut = '';
  const line = (): string => `\n${'  '.repeat(depth)}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const wasOpened = laidOut.endsWith('{') || laidOut.endsWith('[');
    if (token === '}' || token === ']') {
      depth -= 1;
      laidOut += wasOpened ? token : line() + token;
    } else if (token === ',') {
      laidOut += ',' + line();
    } else {
      laidOut += (wasOpened ? line() : '') + (token === ':' ? ': ' : token);
      if (token === '{' || token === '[') depth += 1;
    }
  }
  return laidOut;
}
