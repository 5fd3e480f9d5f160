import { Link } from 'wouter';
import { Icon } from './icon.tsx';
import classes from './back-link.module.css';

/** From one thing to the list it is in. */
export function BackLink({ to, children }: { readonly to: string; readonly children: string }) {
  return (
    <Link to={to} className={classes['link'] ?? ''}>
      <Icon name="back" size={16} />
      {children}
    </Link>
  );
}
