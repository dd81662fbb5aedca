import type { NamedResource, PricedTemplate } from './priced-template.ts';

/** Something that is on the bill of a stack that nobody uses. */
export interface CostItem {
  readonly what: string;
  /** The arithmetic, in words. */
  readonly why: string;
  readonly usdPerMonth: number;
}

/** A resource of which this folder cannot say what it costs idle: nobody may believe that it costs nothing. */
export interface Unpriced {
  readonly what: string;
  readonly problem: string;
}

export type Finding = CostItem | Unpriced;

export const isUnpriced = (finding: Finding): finding is Unpriced => 'problem' in finding;
export const isCostItem = (finding: Finding): finding is CostItem => !isUnpriced(finding);

/** What all resources of one type in a template cost; those that cost nothing are not mentioned. */
export type Pricing = (resources: readonly NamedResource[], template: PricedTemplate) => Finding[];
