import classes from './wordmark.module.css';
import icon from '../icon.svg';

export function Wordmark({ size = 'md' }: { readonly size?: 'md' | 'lg' }) {
  return (
    <span className={classes['wordmark']} data-size={size}>
      <img src={icon} alt="" className={classes['icon']} />
      Tallyhook
    </span>
  );
}
