// Made by scripts/build-dashboard.ts from theme.ts.
declare module 'virtual:theme.css';
