import { Link, useLocation } from 'wouter';
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
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const isWithin = (location: string, path: string): boolean =>
  location === path || location.startsWith(`${path}/`);
