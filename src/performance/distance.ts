/** How near the nearest published measurement is: the same accelerator and model; the accelerator; its architecture; nothing. */
export const DISTANCES = ['measured', 'accelerator', 'family', 'none'] as const
export type Distance = (typeof DISTANCES)[number]
