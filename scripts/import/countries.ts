/** Country names of the energy facts → ISO 3166-1 alpha-2; `EU` for the average of the Union. */
export const ISO_BY_COUNTRY: Readonly<Record<string, string>> = {
  Argentina: 'AR', Australia: 'AU', Austria: 'AT', Bahrain: 'BH', Belgium: 'BE', Brazil: 'BR', Bulgaria: 'BG', Canada: 'CA', Chile: 'CL', China: 'CN', Czechia: 'CZ', Denmark: 'DK',
  Estonia: 'EE', 'EU average': 'EU', Finland: 'FI', France: 'FR', Germany: 'DE', Greece: 'GR', 'Hong Kong': 'HK', Hungary: 'HU', Iceland: 'IS', India: 'IN', Indonesia: 'ID', Ireland: 'IE', Israel: 'IL',
  Italy: 'IT', Japan: 'JP', Malaysia: 'MY', Malta: 'MT', Mexico: 'MX', Netherlands: 'NL', 'New Zealand': 'NZ', Norway: 'NO', Poland: 'PL', Portugal: 'PT',
  Qatar: 'QA', 'Saudi Arabia': 'SA', Singapore: 'SG', 'South Africa': 'ZA', 'South Korea': 'KR', Spain: 'ES', Sweden: 'SE', Switzerland: 'CH', Taiwan: 'TW',
  Thailand: 'TH', Turkey: 'TR', 'United Arab Emirates': 'AE', 'United Kingdom': 'GB', 'United States': 'US', 'US average': 'US',
}
