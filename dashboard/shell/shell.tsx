import { ActionIcon } from '@mantine/core';
import { Suspense, useState } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { pageAreas } from '../page-table.ts';
import { ErrorBoundary } from '../parts/error-boundary.tsx';
import { Icon } from '../parts/icon.tsx';
import { lazyPage } from '../parts/lazy-page.ts';
import { LoadingLines } from '../parts/query-state.tsx';
import { Navigation } from './navigation.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { SidebarFooter } from './sidebar-footer.tsx';
import { Wordmark } from './wordmark.tsx';
import classes from './shell.module.css';

const MAIN = 'main';
const MenuDrawer = lazyPage(async () => (await import('./menu-drawer.tsx')).MenuDrawer);

/** What surrounds every page: navigation at the side, or behind a button where there is no room for it. */
export function Shell() {
  const [location] = useLocation();
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [wasMenuOpened, setMenuOpened] = useState(false);
  return (
    <div className={classes['shell']}>
      <a
        href={`#${MAIN}`}
        className={classes['skip']}
        onClick={(event) => {
          event.preventDefault();
          document.getElementById(MAIN)?.focus();
        }}
      >
        Skip to the page
      </a>
      {/* No <header>: dialogs have one, and a page may have only one outside of its content. */}
      <div role="region" aria-label="Top bar" className={classes['topbar']}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label="Open the navigation"
          aria-expanded={isMenuOpen}
          onClick={() => {
            setMenuOpened(true);
            setMenuOpen(true);
          }}
        >
          <Icon name="menu" size={22} />
        </ActionIcon>
        <Wordmark />
      </div>
      <aside className={classes['sidebar']}>
        <div className={classes['content']}>
          <div className={classes['brand']}>
            <Wordmark />
          </div>
          <Navigation />
          <SidebarFooter />
        </div>
      </aside>
      {wasMenuOpened && (
        <Suspense fallback={null}>
          <MenuDrawer opened={isMenuOpen} onClose={() => setMenuOpen(false)} />
        </Suspense>
      )}
      <main id={MAIN} tabIndex={-1} className={classes['main']}>
        {/* Another address is another page: what failed or was scrolled on the last one is over. */}
        <ErrorBoundary key={location}>
          <Suspense fallback={<LoadingLines lines={8} />}>
            <Switch>
              <Route path="/">
                <Redirect to={pageAreas[0]?.path ?? '/'} replace />
              </Route>
              {pageAreas.flatMap(({ pages }) =>
                pages.map(({ path, component }) => <Route key={path} path={path} component={component} />),
              )}
              <Route component={NotFoundPage} />
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
    </div>
  );
}
