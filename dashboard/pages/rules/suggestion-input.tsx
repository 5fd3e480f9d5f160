import { Autocomplete, TagsInput, type AutocompleteProps } from '@mantine/core';
import { EventText } from '../../parts/event-text.tsx';
import classes from './rule-form.module.css';

// Inputs that offer what has really arrived, and take anything.

/** More are found by typing. */
const SHOWN_MAX = 50;

interface CommonProps {
  readonly label: string;
  readonly placeholder?: string | undefined;
  readonly description?: string | undefined;
  readonly error?: string | undefined;
  readonly suggestions: readonly string[];
  readonly isCode?: boolean;
}

interface SuggestionInputProps extends CommonProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

// Options come from events, so that they are shown as such.
const renderOption: AutocompleteProps['renderOption'] = ({ option }) => (
  <EventText lengthMax={100}>{option.value}</EventText>
);

export function SuggestionInput({ suggestions, isCode = false, ...input }: SuggestionInputProps) {
  return (
    <Autocomplete
      {...input}
      data={offered(suggestions)}
      limit={SHOWN_MAX}
      maxDropdownHeight={280}
      renderOption={renderOption}
      spellCheck={false}
      autoCapitalize="off"
      {...(isCode && { classNames: { input: classes['code'] ?? '' } })}
    />
  );
}

interface ListInputProps extends CommonProps {
  readonly value: readonly string[];
  readonly onChange: (value: string[]) => void;
}

/** Several values: Enter takes one in, and so does leaving the field. */
export function ListInput({ suggestions, value, isCode: _, ...input }: ListInputProps) {
  return (
    <TagsInput
      {...input}
      value={[...value]}
      data={offered(suggestions)}
      limit={SHOWN_MAX}
      maxDropdownHeight={280}
      renderOption={renderOption}
      // A comma may be part of a value.
      splitChars={[]}
      spellCheck={false}
      clearable
      clearButtonProps={{ 'aria-label': 'Take all away' }}
    />
  );
}

/** Without what an option cannot be: empty, or there twice. */
const offered = (suggestions: readonly string[]): string[] =>
  [...new Set(suggestions)].filter((suggestion) => suggestion !== '');
