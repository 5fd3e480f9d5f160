import { Progress } from '@mantine/core';

interface ProgressBarProps {
  readonly label: string;
  readonly done: number;
  /** Undefined as long as nobody knows how much there is. */
  readonly total: number | undefined;
  readonly isRunning: boolean;
}

/** How far long work has come. */
export function ProgressBar({ label, done, total, isRunning }: ProgressBarProps) {
  const isKnown = total !== undefined && total > 0;
  const percent = !isRunning ? 100 : isKnown ? Math.min(99, Math.floor((done / total) * 100)) : 100;
  return (
    <Progress.Root size="md" radius="xl">
      <Progress.Section
        value={percent}
        aria-label={label}
        animated={isRunning}
        color={isRunning ? undefined : 'teal'}
        {...(isRunning && !isKnown && { 'aria-valuetext': 'running' })}
      />
    </Progress.Root>
  );
}
