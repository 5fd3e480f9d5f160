import { Link, useLocation } from 'wouter';
import classes from './tab-links.module.css';

interface TabLinksProps {
  readonly label: string;
  readonly links: readonly { readonly to: string; readonly label: string }[];
}

/** Pages side by side, as tabs; links, because each has an address. */
export function TabLinks({ label, links }: TabLinksProps) {
  const [location] = useLocation();
  return (
    <nav aria-label={label} className={classes['tabs']}>
      {links.map((link) => (
        <Link
          key={link.to}
          to={link.to}
          className={classes['tab'] ?? ''}
          aria-current={location === link.to ? 'page' : undefined}
        >
          {link.label}
        </Link>
      ))}
    </nav>
  );
}
