import { Group, Text, Title } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';
import classes from './page.module.css';

interface PageProps {
  /** The heading, and the title of the tab. */
  readonly title: string;
  /** Instead of the title as text, for instance an id that came from an event. */
  readonly heading?: ReactNode;
  readonly description?: ReactNode;
  /** Buttons beside the heading. */
  readonly actions?: ReactNode;
  /** A link back to the list that this page is one of. */
  readonly back?: ReactNode;
  readonly children: ReactNode;
}

/** The first page was opened by the browser, which knows where the focus belongs. */
let isFirst = true;

/** The frame of every page: heading, what the page is for, and its actions. */
export function Page({ title, heading, description, actions, back, children }: PageProps) {
  usePageTitle(title);
  const headingRef = useRef<HTMLHeadingElement>(null);
  // A link was followed: people who do not see the page hear where they are, and the next Tab begins at the top.
  useEffect(() => {
    if (!isFirst) {
      headingRef.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    isFirst = false;
  }, []);
  return (
    <div className={classes['page']}>
      {back}
      <header className={classes['header']}>
        <div className={classes['words']}>
          <Title order={1} size="h2" ref={headingRef} tabIndex={-1} className={classes['heading']}>
            {heading ?? title}
          </Title>
          {description !== undefined && (
            <Text c="dimmed" mt={4} component="div" maw="44rem">
              {description}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="sm">{actions}</Group>}
      </header>
      {children}
    </div>
  );
}

export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Tallyhook`;
  }, [title]);
}
