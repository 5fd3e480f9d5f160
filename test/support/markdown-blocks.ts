export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** The fenced code blocks of a Markdown page, in their order. */
export function markdownBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(/^```([a-z]*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}
