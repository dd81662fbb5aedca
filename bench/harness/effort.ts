/** How much is measured. */
export type Effort = 'quick' | 'full';
