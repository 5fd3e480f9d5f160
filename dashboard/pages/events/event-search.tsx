import { Button, NativeSelect, Paper, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { Icon } from '../../parts/icon.tsx';
import { fromLocalInput, kindIn, rangeIn, SEARCH_KINDS, toLocalInput } from './event-filter.ts';
import classes from './events.module.css';

/** What is looked for. It is in the address as soon as it is asked for. */
export function EventSearch() {
  const [search, setSearch] = useSearchParams();
  const [, navigate] = useLocation();
  const range = rangeIn(search);
  const [fields, setFields] = useState({
    by: kindIn(search),
    userId: search.get('userId') ?? '',
    event: search.get('event') ?? '',
    messageId: '',
    from: toLocalInput(range.from),
    to: toLocalInput(range.to),
  });
  const field = (name: Exclude<keyof typeof fields, 'by'>) => ({
    value: fields[name],
    onChange: ({ currentTarget: { value } }: { readonly currentTarget: { readonly value: string } }) =>
      setFields({ ...fields, [name]: value }),
  });
  const submit = (): void => {
    if (fields.by === 'message') {
      if (fields.messageId !== '') navigate(`/events/id/${encodeURIComponent(fields.messageId)}`);
      return;
    }
    const asked =
      fields.by === 'user'
        ? { userId: fields.userId, from: fromLocalInput(fields.from), to: fromLocalInput(fields.to) }
        : { event: fields.event };
    const given = Object.entries(asked).filter(([, value]) => value !== '');
    setSearch({ by: fields.by, ...Object.fromEntries(given) });
  };
  return (
    <Paper withBorder radius="lg">
      <form
        role="search"
        noValidate
        className={classes['filters']}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <NativeSelect
          label="Look for"
          data={[...SEARCH_KINDS]}
          value={fields.by}
          onChange={({ currentTarget: { value } }) => {
            const by = SEARCH_KINDS.find((kind) => kind.value === value)?.value;
            if (by !== undefined) setFields({ ...fields, by });
          }}
        />
        {fields.by === 'user' && (
          <>
            <TextInput label="User id" spellCheck={false} {...field('userId')} />
            <TextInput label="From (optional)" type="datetime-local" {...field('from')} />
            <TextInput label="Before (optional)" type="datetime-local" {...field('to')} />
          </>
        )}
        {fields.by === 'unmapped' && (
          <TextInput label="Event name (optional)" spellCheck={false} {...field('event')} />
        )}
        {fields.by === 'message' && (
          <TextInput label="Message id" spellCheck={false} {...field('messageId')} />
        )}
        <Button type="submit" leftSection={<Icon name="search" size={16} />}>
          Search
        </Button>
      </form>
    </Paper>
  );
}
