import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { sentenceOf } from '../api/api-error.ts';
import { Icon } from '../parts/icon.tsx';
import { showFailure } from '../parts/toast.ts';
import { usageCsv, type UsageFilter } from './usage-query.ts';
import type { UsageRange } from './usage-range.ts';

interface CsvButtonProps {
  readonly range: UsageRange;
  readonly filter: UsageFilter;
}

/** Saves the numbers that are shown, all of them, as a file. */
export function CsvButton({ range, filter }: CsvButtonProps) {
  const save = useMutation({
    mutationFn: async () => await usageCsv(range, filter),
    onSuccess: (csv) => saveFile('usage.csv', csv),
    onError: (error) => showFailure(sentenceOf(error)),
  });
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={<Icon name="download" size={14} />}
      loading={save.isPending}
      onClick={() => save.mutate()}
    >
      CSV
    </Button>
  );
}

function saveFile(name: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun by the time that the next task runs.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
