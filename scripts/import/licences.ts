/** Licence of a source by its address, where its own LICENSE file was read. Absent = not stated or not read. */
export const licences: Readonly<Record<string, string>> = {
  'https://github.com/Light-Heart-Labs/MMBT-Messy-Model-Bench-Tests': 'MIT',
  'https://github.com/Lightning-AI/litgpt': 'Apache-2.0',
  'https://github.com/andy-diericks/azure-pricing-radar': 'MIT',
  'https://github.com/ml-energy/zeus': 'Apache-2.0',
  'https://github.com/noonghunna/club-3090': 'Apache-2.0',
}
