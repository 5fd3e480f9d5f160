import { Text } from '@mantine/core';
import { CopyButton } from './copy-button.tsx';
import classes from './copy-field.module.css';

interface CopyFieldProps {
  /** "Webhook URL" */
  readonly label: string;
  readonly value: string;
}

/** A value that has to be taken elsewhere, whole, with a button that copies it. */
export function CopyField({ label, value }: CopyFieldProps) {
  return (
    <div>
      <Text size="sm" fw={500} mb={4}>
        {label}
      </Text>
      <div className={classes['field']}>
        <code className={classes['value']}>{value}</code>
        <CopyButton value={value} label={`Copy: ${label}`} />
      </div>
    </div>
  );
}
