import { Radio, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

interface PastChoiceProps {
  /** revert: what it has counted is taken back. recount: it is counted again by the changed rule. */
  readonly change: 'revert' | 'recount';
  readonly isChosen: boolean;
  readonly onChoose: (isChosen: boolean) => void;
  /** What the change would do, where it is known. */
  readonly children?: ReactNode;
}

const WORDS = {
  revert: {
    stay: 'Leave it as it is',
    change: 'Take it back',
    means:
      'Usage shrinks by exactly what the rule has counted, and the events wait again, for other rules too.',
  },
  recount: {
    stay: 'Leave it as it is',
    change: 'Count it again by the changed rule',
    means: 'What the rule has counted is taken back, and each of these events is counted anew, exactly.',
  },
} as const;

/** What is to become of what a rule has counted so far. */
export function PastChoice({ change, isChosen, onChoose, children }: PastChoiceProps) {
  const words = WORDS[change];
  return (
    <Radio.Group
      label="What it has counted so far"
      value={isChosen ? 'change' : 'stay'}
      onChange={(value) => onChoose(value === 'change')}
    >
      <Stack gap="xs" mt="xs">
        <Radio value="stay" label={words.stay} />
        <Radio value="change" label={words.change} description={words.means} />
      </Stack>
      {isChosen && children}
    </Radio.Group>
  );
}
