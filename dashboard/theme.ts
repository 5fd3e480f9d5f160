import {
  createTheme,
  defaultCssVariablesResolver,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core';

// How the dashboard looks. The variables are written into a stylesheet when it is built (scripts/build-dashboard.ts).

/** Light enough to tell from black, dark enough for white text on shade 7 (6.5:1). */
const pine: MantineColorsTuple = [
  '#ecf8f5',
  '#d7efe9',
  '#ade0d4',
  '#7fcfbd',
  '#58bfa9',
  '#2fa08a',
  '#17806d',
  '#0f6a5a',
  '#0b5749',
  '#073f35',
];

/** Cooler than Mantine's, so that cards stand out without borders that shout. */
const dark: MantineColorsTuple = [
  '#dfe4ea',
  '#c3cbd6',
  '#a3aebd',
  '#7d8a9b',
  '#3a4554',
  '#2c3643',
  '#202935',
  '#18202a',
  '#121922',
  '#0c1118',
];

export const theme = createTheme({
  colors: { pine, dark },
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.22,
  black: '#17202c',
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    // Their way to keep the page behind them still is a <style>; global.css has another.
    Modal: { defaultProps: { lockScroll: false } },
    Anchor: { defaultProps: { underline: 'always' } },
    // What it says is short, and never cut off.
    Badge: { defaultProps: { tt: 'none', fw: 600, miw: 'max-content' } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Drawer: { defaultProps: { lockScroll: false } },
    Tooltip: {
      defaultProps: { events: { hover: true, focus: true, touch: true }, withArrow: true, openDelay: 150 },
    },
  },
});

/** Mantine's variables, with text that has a contrast of at least 4.5:1 on every ground it stands on. */
export const cssVariables: CSSVariablesResolver = (merged) => {
  const standard = defaultCssVariablesResolver(merged);
  return {
    variables: standard.variables,
    light: {
      ...standard.light,
      '--mantine-color-body': '#f6f8f9',
      '--mantine-color-dimmed': '#566272',
      '--mantine-color-placeholder': '#6a7686',
      '--mantine-color-error': 'var(--mantine-color-red-9)',
      '--mantine-color-anchor': 'var(--mantine-color-pine-7)',
      '--mantine-color-default-border': '#d3dae1',
      '--mantine-color-blue-light-color': '#14548f',
      '--mantine-color-orange-light-color': '#963507',
      '--mantine-color-red-light-color': '#a51d1d',
      '--mantine-color-teal-light-color': '#055c42',
    },
    dark: {
      ...standard.dark,
      '--mantine-color-body': 'var(--mantine-color-dark-9)',
      '--mantine-color-pine-light': '#123631',
      '--mantine-color-pine-light-hover': '#17443e',
      '--mantine-color-pine-light-color': '#a5e3d5',
      '--mantine-color-default': 'var(--mantine-color-dark-7)',
      '--mantine-color-default-hover': 'var(--mantine-color-dark-6)',
      '--mantine-color-dimmed': 'var(--mantine-color-dark-2)',
      '--mantine-color-placeholder': '#8b97a7',
      '--mantine-color-error': 'var(--mantine-color-red-4)',
      '--mantine-color-anchor': 'var(--mantine-color-pine-3)',
      '--mantine-color-default-border': 'var(--mantine-color-dark-4)',
    },
  };
};
