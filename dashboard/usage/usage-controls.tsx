import { Group, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { PRESETS, type Preset } from './usage-range.ts';
import type { useUsageRange } from './use-usage-range.ts';
import classes from './usage-controls.module.css';

interface UsageControlsProps {
  readonly time: ReturnType<typeof useUsageRange>;
}

const LABELS: Readonly<Record<Preset, string>> = {
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  '12m': 'Last 12 months',
};
const CHOSEN = 'chosen';
const DAY = 86_400_000;

/** What time is shown, how finely, and what is counted. */
export function UsageControls({ time }: UsageControlsProps) {
  const { range, preset, measure } = time;
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const chooseDays = (from: string, to: string): void => {
    const [start, end] = [Date.parse(from), Date.parse(to)];
    if (start <= end) time.showTime(start, end + DAY);
  };
  return (
    <div className={classes['controls']}>
      <NativeSelect
        aria-label="Time shown"
        w={170}
        value={preset ?? CHOSEN}
        data={[
          ...PRESETS.map((value) => ({ value, label: LABELS[value] })),
          ...(preset === undefined ? [{ value: CHOSEN, label: 'Chosen days' }] : []),
        ]}
        onChange={({ currentTarget: { value } }) => {
          const chosen = PRESETS.find((candidate) => candidate === value);
          if (chosen !== undefined) time.showPreset(chosen);
        }}
      />
      <Group gap={6} wrap="nowrap" className={classes['days'] ?? ''}>
        <TextInput
          type="date"
          aria-label="First day"
          value={day(range.from)}
          max={day(range.to - 1)}
          onChange={(event) => chooseDays(event.currentTarget.value, day(range.to - 1))}
        />
        –
        <TextInput
          type="date"
          aria-label="Last day"
          value={day(range.to - 1)}
          min={day(range.from)}
          onChange={(event) => chooseDays(day(range.from), event.currentTarget.value)}
        />
      </Group>
      <SegmentedControl
        aria-label="Length of a bar"
        value={range.window}
        data={[
          { value: 'hour', label: 'Hour' },
          { value: 'day', label: 'Day' },
          { value: 'month', label: 'Month' },
        ]}
        onChange={time.showWindow}
      />
      <SegmentedControl
        aria-label="What is counted"
        value={measure}
        data={[
          { value: 'sum', label: 'Amount' },
          { value: 'count', label: 'Uses' },
        ]}
        onChange={time.showMeasure}
      />
    </div>
  );
}
