import { Button, type ButtonProps } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { noAnswer, sentenceOf, toApiError } from '../api/api-error.ts';
import { Icon } from './icon.tsx';
import { showFailure } from './toast.ts';

interface CsvDownloadProps extends Pick<ButtonProps, 'size'> {
  /** The route that answers with CSV, in parts when there is more than one answer may hold. */
  readonly address: string;
  readonly fileName: string;
  readonly label: string;
}

/** Saves a list as one file, however many answers of the API it takes. */
export function CsvDownload({ address, fileName, label, size }: CsvDownloadProps) {
  const download = useMutation({
    mutationFn: async () => await partsOf(address),
    onSuccess: (parts) => save(new Blob(parts, { type: 'text/csv;charset=utf-8' }), fileName),
    onError: (error) => showFailure(sentenceOf(error)),
  });
  return (
    <Button
      variant="default"
      size={size}
      leftSection={<Icon name="download" size={16} />}
      loading={download.isPending}
      onClick={() => download.mutate()}
    >
      {label}
    </Button>
  );
}

/** Only the first part has a line with the names of the columns, so that all of them are one file. */
async function partsOf(address: string): Promise<Blob[]> {
  const parts: Blob[] = [];
  const url = new URL(address, location.origin);
  for (;;) {
    const answer = await fetch(url).catch(() => {
      throw noAnswer();
    });
    if (!answer.ok) {
      const body: unknown = await answer.json().catch(() => undefined);
      throw toApiError(answer.status, body);
    }
    parts.push(await answer.blob());
    const cursor = answer.headers.get('x-next-cursor');
    if (cursor === null) return parts;
    url.searchParams.set('cursor', cursor);
  }
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
