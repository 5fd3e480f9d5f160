import type { ComponentType, ReactNode } from 'react';
import type { Overview } from './api/use-overview.ts';

/** A part of the dashboard: an entry of the navigation, and the pages that belong to it. */
export interface PageArea {
  readonly label: string;
  readonly icon: ReactNode;
  /** The address of its first page, below /app. Every page of the area has an address below it. */
  readonly path: `/${string}`;
  /** What waits for the person here, shown beside the label; 0 shows nothing. @default nothing */
  readonly badge?: (overview: Overview) => number;
  /** The first that fits wins. `:name` stands for one part of the address. */
  readonly pages: readonly Page[];
}

export interface Page {
  readonly path: `/${string}`;
  readonly component: ComponentType;
}
