// The file of a dry run, so that it need not be chosen again to import it. It is gone when the page is loaded anew.

const files = new Map<string, File>();

export function rememberFile(importId: string, file: File): void {
  files.clear();
  files.set(importId, file);
}

export const rememberedFile = (importId: string): File | undefined => files.get(importId);
