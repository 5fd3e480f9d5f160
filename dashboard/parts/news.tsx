import { useNotifications } from '@mantine/notifications';
import { Suspense, useState } from 'react';
import { lazyPart } from './lazy-page.ts';
import classes from './news.module.css';

// Most views never have news to show: what shows them well is loaded with the first.
const NewsCorner = lazyPart(async () => (await import('./news-corner.tsx')).NewsCorner, PlainNews);

/** Where `showSuccess` and `showFailure` are seen. */
export function News() {
  const { notifications } = useNotifications();
  const [wereAny, setWereAny] = useState(false);
  if (notifications.length > 0 && !wereAny) setWereAny(true);
  if (!wereAny) return null;
  return (
    <Suspense fallback={null}>
      <NewsCorner />
    </Suspense>
  );
}

function PlainNews() {
  const latest = useNotifications().notifications.at(-1);
  if (latest === undefined) return null;
  return (
    <div className={classes['plain']} role={latest.role}>
      {latest.message}
    </div>
  );
}
