import { queryOptions } from '@tanstack/react-query';
import { api, read, type Schema } from './client.ts';

export type Import = Schema<'Import'>;
export type ImportRow = Schema<'ImportRow'>;
export type Verdict = ImportRow['verdict'];

const POLL_MS = 1_000;

/** One import; while it runs, it is asked for every second. */
export const oneImport = (importId: string) =>
  queryOptions({
    queryKey: ['imports', 'one', importId],
    queryFn: async ({ signal }) =>
      await read(api.GET('/api/imports/{importId}', { params: { path: { importId } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? POLL_MS : false),
  });

export const settings = queryOptions({
  queryKey: ['settings'],
  queryFn: async ({ signal }) => await read(api.GET('/api/settings', { signal })),
});

/** Sends a CSV file, compressed, because a request may only have so many bytes. Throws an ApiError. */
export async function uploadCsv(file: Blob, isDryRun: boolean): Promise<Import> {
  const packed = await new Response(file.stream().pipeThrough(new CompressionStream('gzip'))).blob();
  const answer = await read(
    api.POST('/api/users/import', {
      params: { query: { ...(isDryRun && { dryRun: '1' as const }) } },
      headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip' },
      body: '',
      bodySerializer: () => packed,
    }),
  );
  return answer.import;
}
