import { Link, useLocation } from 'wouter';
import { useOverview } from '../api/use-overview.ts';
import type { PageArea } from '../page-area.ts';
import { pageAreas } from '../page-table.ts';
import classes from './navigation.module.css';

export function Navigation({ onFollow }: { readonly onFollow?: () => void }) {
  const [location] = useLocation();
  return (
    <nav aria-label="Pages">
      <ul className={classes['list']}>
        {pageAreas.map((area) => (
          <li key={area.path}>
            <Link
              to={area.path}
              className={classes['link'] ?? ''}
              aria-current={isWithin(location, area.path) ? 'page' : undefined}
              onClick={onFollow}
            >
              {area.icon}
              <span className={classes['label']}>{area.label}</span>
              <Badge area={area} />
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Badge({ area }: { readonly area: PageArea }) {
  const { data } = useOverview();
  const count = data === undefined ? 0 : (area.badge?.(data) ?? 0);
  if (count === 0) return null;
  return (
    <span className={classes['badge']}>
      {count > 999 ? '999+' : count}
      <span className={classes['hidden']}> waiting</span>
    </span>
  );
}

const isWithin = (location: string, path: string): boolean =>
  location === path || location.startsWith(`${path}/`);
