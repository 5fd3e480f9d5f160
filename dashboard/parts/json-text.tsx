import { CopyButton } from './copy-button.tsx';
import { EventText } from './event-text.tsx';
import { layOutJson } from './json-layout.ts';
import classes from './json-text.module.css';

interface JsonTextProps {
  /** JSON as text, or a value to be written as JSON. */
  readonly children: unknown;
  /** What it is: "Event as it was sent". */
  readonly label: string;
  /** Whether the children are text that is JSON already, whose digits must stay. @default false */
  readonly isText?: boolean;
}

/** Shown before the rest is asked for. */
const LENGTH_MAX = 20_000;

/** JSON to be read. It is text, whatever is in it: nothing of it becomes a link or a picture. */
export function JsonText({ children, label, isText = false }: JsonTextProps) {
  const text = isText && typeof children === 'string' ? children : JSON.stringify(children);
  const laidOut = layOutJson(text) ?? text;
  return (
    <div className={classes['box']}>
      <div className={classes['copy']}>
        <CopyButton value={laidOut} label={`Copy: ${label}`} />
      </div>
      {/* Focusable, so that it can be scrolled with the keyboard. */}
      <pre className={classes['text']} tabIndex={0} role="region" aria-label={label}>
        <EventText lengthMax={LENGTH_MAX} expandable>
          {laidOut}
        </EventText>
      </pre>
    </div>
  );
}
