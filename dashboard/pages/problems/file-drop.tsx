import { Alert, Loader, Text } from '@mantine/core';
import { useRef, useState, type DragEvent } from 'react';
import { Icon } from '../../parts/icon.tsx';
import classes from './file-drop.module.css';

interface FileDropProps {
  readonly isBusy: boolean;
  /** What is wrong with the last file, as a sentence. */
  readonly problem: string | undefined;
  readonly onFile: (file: File) => void;
}

/** Takes one file: dropped, or chosen with the keyboard or the mouse. */
export function FileDrop({ isBusy, problem, onFile }: FileDropProps) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (file !== undefined && !isBusy) onFile(file);
  };
  return (
    <>
      <button
        type="button"
        className={classes['drop']}
        data-over={isOver || undefined}
        disabled={isBusy}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        {isBusy ? <Loader size="sm" /> : <Icon name="plus" size={22} />}
        <span>{isBusy ? 'Reading the file…' : 'Drop a CSV file here, or choose one'}</span>
        <Text span size="sm" c="dimmed">
          Columns: userId, email, name, billingId. You first see what each row would do.
        </Text>
      </button>
      <input
        ref={input}
        type="file"
        accept=".csv,text/csv"
        aria-label="CSV file"
        className={classes['input']}
        tabIndex={-1}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          // So that the same file can be chosen again after it was mended.
          event.currentTarget.value = '';
          if (file !== undefined) onFile(file);
        }}
      />
      {problem !== undefined && (
        <Alert color="red" variant="light" role="alert">
          {problem}
        </Alert>
      )}
    </>
  );
}
