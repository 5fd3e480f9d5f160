import { useState } from 'react';
import { beginningOf, plainText, visibleParts } from './visible-text.ts';
import classes from './event-text.module.css';

interface EventTextProps {
  readonly children: string;
  /** Longer texts are cut. @default 120 */
  readonly lengthMax?: number;
  /** Whether the whole of a text that was cut can be had. Not inside links and buttons. @default false */
  readonly expandable?: boolean;
}

/**
 * Text that came from an event, or anywhere else from outside: an id, a name, a property. Everything that is not ours goes
 * through here, so that it can neither be taken for our words nor change how they look.
 */
export function EventText({ children: text, lengthMax = 120, expandable = false }: EventTextProps) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > lengthMax;
  const shown = isLong && !isWhole ? beginningOf(text, lengthMax) : text;
  if (text === '') return <span className={classes['empty']}>empty</span>;
  return (
    <>
      <bdi className={classes['text']} title={isLong && !expandable ? plainText(text, 1_000) : undefined}>
        {visibleParts(shown).map((part, index) =>
          part.kind === 'text' ? (
            part.text
          ) : (
            <span key={index} className={classes['hidden']}>
              {part.name}
            </span>
          ),
        )}
        {isLong && !isWhole && '…'}
      </bdi>
      {isLong && expandable && (
        <button type="button" className={classes['more']} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show less' : `Show all ${text.length.toLocaleString()} characters`}
        </button>
      )}
    </>
  );
}
