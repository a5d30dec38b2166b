/** What electricity turned into heat asks of the air and of the machine that cools it. */

/** BTU/h of a watt: 3600 s ÷ 1055.056 J (International Table BTU). */
const BTU_PER_HOUR_PER_WATT = 3600 / 1055.056
/** A ton of refrigeration: 12,000 BTU/h. */
const BTU_PER_HOUR_PER_TON = 12_000
/** Dry air at 20 °C and sea level: kg/m³ and J/(kg·K). */
const AIR = {densityKgPerCubicMetre: 1.2, heatJoulesPerKgKelvin: 1005}
/** Servers warm their air by 8 to 15 K. An assumption where the maker says nothing. */
export const USUAL_AIR_RISE_KELVIN = 10
const SECONDS_PER_HOUR = 3600
/** Cubic feet a minute of a cubic metre an hour. */
const CFM_PER_CUBIC_METRE_PER_HOUR = 1 / (0.3048 ** 3 * 60)

export interface Heat {
  readonly kilowatts: number
  readonly btuPerHour: number
  readonly tonsOfRefrigeration: number
  /** Air that carries it away while it warms by `airRiseKelvin`: V = P ÷ (ρ · c · ΔT). */
  readonly airflowCubicMetresPerHour: number
  readonly airflowCfm: number
  readonly airRiseKelvin: number
}

/** All of a machine's electricity becomes heat where it stands. */
export function heatOf(watts: number, airRiseKelvin = USUAL_AIR_RISE_KELVIN): Heat {
  const btuPerHour = watts * BTU_PER_HOUR_PER_WATT
  const airflowCubicMetresPerHour = (watts / (AIR.densityKgPerCubicMetre * AIR.heatJoulesPerKgKelvin * airRiseKelvin)) * SECONDS_PER_HOUR
  return {kilowatts: watts / 1000, btuPerHour, tonsOfRefrigeration: btuPerHour / BTU_PER_HOUR_PER_TON, airflowCubicMetresPerHour, airflowCfm: airflowCubicMetresPerHour * CFM_PER_CUBIC_METRE_PER_HOUR, airRiseKelvin}
}
