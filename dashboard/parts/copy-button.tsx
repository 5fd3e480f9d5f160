import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Icon } from './icon.tsx';

interface CopyButtonProps {
  readonly value: string;
  /** What is copied: "Copy the webhook URL". */
  readonly label: string;
}

export function CopyButton({ value, label }: CopyButtonProps) {
  const { copy, copied } = useClipboard({ timeout: 2_000 });
  return (
    <Tooltip label={copied ? 'Copied' : label}>
      <ActionIcon
        variant="subtle"
        color={copied ? 'teal' : 'gray'}
        aria-label={label}
        onClick={() => copy(value)}
      >
        <Icon name={copied ? 'check' : 'copy'} size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
