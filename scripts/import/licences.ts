/** Licence of a source by its address, where the source states one. Absent = not stated. */
export const licences: Readonly<Record<string, string>> = {}
