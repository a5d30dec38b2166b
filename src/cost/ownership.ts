import type {Rig} from '../catalog/rig.ts'
import {levelised, loanSchedule, monthly, monthlyRate, MONTHS_PER_YEAR, presentValue, recoveryFactor, sumOfFlows, type Flow} from './cash-flow.ts'
import {plainNumber, priceText} from './how.ts'
import {HOURS_PER_MONTH} from './period.ts'
import {demandUsd, hourUsd} from './tariff.ts'

/** What a rig costs over the years it is owned: as cash that flows, and as wear of value plus cost of capital. The two agree; they are never added. */

export interface Draw {
  /** At the wall, and with what the site adds. */
  readonly machineWatts: number
  readonly siteWatts: number
}

export interface OwnershipQuestion {
  readonly rig: Rig
  readonly idle: Draw
  readonly working: Draw
  /** Share of all hours in which the accelerators do useful work. */
  readonly utilisationShare: number
  readonly months: number
  /** At work, where it is not all of them. */
  readonly acceleratorsUsed?: number
  /** It is there already, so many years old: instead of its price what it would sell for today, and no debt, which is owed either way. */
  readonly ageYears?: number
  /** What an hour of the whole rig at work is worth to its owner otherwise. */
  readonly displacedUsdPerHour?: number
}

export interface OwnershipLine {
  readonly item: string
  readonly usdPerMonth: number
  readonly how: string
}

export interface Ownership {
  readonly months: number
  readonly utilisationShare: number
  readonly accelerators: number
  readonly usefulAcceleratorHoursPerMonth: number
  /** Equal amounts at the ends of the months; they sum to `usdPerMonth`. */
  readonly lines: readonly OwnershipLine[]
  readonly usdPerMonth: number
  /** `null` where nothing useful is done. */
  readonly usdPerUsefulAcceleratorHour: number | null
  /** The same from the cash that changes hands: the present value of it all, and the equal amounts that are worth as much; what is still owed after each month, of a loan or in rates of a lease (after the tax that these save). */
  readonly cashFlow: {readonly presentUsd: number; readonly usdPerMonth: number; readonly byMonth: Flow; readonly owed: Flow}
  readonly resaleUsd: number
  /** After a tax on profits that costs lower; before it otherwise. */
  readonly afterTax: boolean
  readonly notCosted: readonly {readonly item: string; readonly reason: string}[]
}

const sumBy = <T>(list: readonly T[], read: (each: T) => number): number => list.reduce((sum, each) => sum + read(each), 0)

export const acceleratorsOf = ({nodes}: Pick<Rig, 'nodes'>): number => sumBy(nodes, ({count, acceleratorCount}) => count * acceleratorCount)
export const partsUsd = ({nodes}: Pick<Rig, 'nodes'>): number => sumBy(nodes, ({count, priceUsd}) => count * priceUsd)

/**
 * Share of the price that machines of some age sell for: the same part is lost each year, so that `residualShare` is left at the end of their life (with 12.5 % after five years
 * 66, 44, 29, 19 %; sales of H100 in data/facility.csv: 63, 43, 30, 18 %). What is worth nothing then loses evenly.
 */
export const residualShareAt = ({residualShare, serviceLifeYears}: Pick<Rig, 'residualShare' | 'serviceLifeYears'>, years: number): number =>
  residualShare > 0 ? residualShare ** (years / serviceLifeYears) : Math.max(0, 1 - years / serviceLifeYears)

/** What is paid for what, by month, before any tax on profits. VAT that is not paid back is in it. */
interface Flows {
  /** For the machines: their price or the leasing rates, what a lease costs to buy out, installation. */
  readonly bought: Flow
  readonly resale: Flow
  readonly running: readonly {readonly item: string; readonly usdPerMonth: number; readonly how: string}[]
  /** Value in the books by month that falls evenly from what was paid to what it sells for. */
  readonly bookValue: Flow
  readonly rates: Flow
  readonly loan: ReturnType<typeof loanSchedule> | undefined
}

/** Supplies of the owner that VAT is charged on and nobody pays back; wages and insurance have none, and a tariff is as it is paid. */
const vatFactor = ({tax}: Rig): number => (tax === undefined || tax.vatRecoverable ? 1 : 1 + tax.vatShare)
/** The same for rented machines: VAT where nobody pays it back, less the tax on profits that it saves. */
export const rentFactor = (rig: Rig): number => vatFactor(rig) * (1 - (rig.tax?.incomeTaxShare ?? 0))
const HAS_VAT: ReadonlySet<string> = new Set(['room', 'service contract', 'other upkeep', 'spares'])

function flowsOf(question: OwnershipQuestion): Flows {
  const {rig, months, ageYears} = question
  if (ageYears !== undefined) return keptFlowsOf(question, ageYears)
  const vat = vatFactor(rig)
  const {financing} = rig
  // Setting it up is wages, which have no VAT.
  const installation = (rig.installationUsd ?? 0) * vat + rig.setupHours * (rig.adminUsdPerHour ?? 0)
  const lease = financing?.kind === 'lease' ? financing : undefined
  const boughtMonth = lease === undefined ? 0 : lease.buyoutUsd === undefined || lease.months > months ? undefined : lease.months
  const priceUsd = (lease === undefined ? partsUsd(rig) : (lease.buyoutUsd ?? 0)) * vat
  const resaleUsd = boughtMonth === undefined ? 0 : partsUsd(rig) * residualShareAt(rig, months / MONTHS_PER_YEAR)
  const rates = monthly(0, months).map((_, month) => (lease !== undefined && month >= 1 && (month <= lease.months || boughtMonth === undefined) ? lease.usdPerMonth * vat : 0))
  // Installation and set-up are worth nothing afterwards; they wear off over the whole time.
  const bookValue = sumOfFlows([monthly(0, months).map((_, month) => installation * (1 - month / months)), bookOf(boughtMonth, priceUsd, resaleUsd, months)], months)
  const owed = financing?.kind === 'loan' ? loanSchedule(financing.principalShare * (priceUsd + installation), financing.ratePerYear, financing.months, months) : undefined
  return {
    bought: sumOfFlows([at(0, installation, months), boughtMonth === undefined ? [] : at(boughtMonth, priceUsd, months)], months),
    resale: at(months, resaleUsd, months),
    running: withVat(question),
    bookValue, rates, loan: owed,
  }
}

const at = (month: number, usd: number, months: number): Flow => Array.from({length: months + 1}, (_, each) => (each === month ? usd : 0))

/** Value that falls evenly from the price in the month it is bought to what it sells for at the end; `undefined` = never bought. */
function bookOf(boughtMonth: number | undefined, priceUsd: number, resaleUsd: number, months: number): Flow {
  return monthly(0, months).map((_, month) => (boughtMonth === undefined || month < boughtMonth || boughtMonth === months ? 0 : priceUsd + ((resaleUsd - priceUsd) * (month - boughtMonth)) / (months - boughtMonth)))
}

/** Months that a lease of a rig of some age still runs; 0 = it is over, or there is none. */
export function leaseMonthsLeft({financing}: Pick<Rig, 'financing'>, ageYears: number): number {
  return financing?.kind === 'lease' ? Math.max(0, Math.round(financing.months - ageYears * MONTHS_PER_YEAR)) : 0
}

/** What a rig of some age would sell for today, before any tax; 0 where it is leased and not yet bought out. */
export function saleUsdAt(rig: Pick<Rig, 'nodes' | 'residualShare' | 'serviceLifeYears' | 'financing'>, ageYears: number): number {
  const leased = rig.financing?.kind === 'lease' && (rig.financing.buyoutUsd === undefined || leaseMonthsLeft(rig, ageYears) > 0)
  return leased ? 0 : partsUsd(rig) * residualShareAt(rig, ageYears)
}

/**
 * Kept instead of sold: the money that a sale today would bring stays in it. What the tax office wrote off is taken to be all, so that both sales are profit. The rates of a running
 * lease are owed either way; after it the rig is bought out, or leased on at its rates.
 */
function keptFlowsOf(question: OwnershipQuestion, ageYears: number): Flows {
  const {rig, months} = question
  const kept = 1 - (rig.tax?.incomeTaxShare ?? 0)
  const {financing} = rig
  const lease = financing?.kind === 'lease' ? financing : undefined
  const left = leaseMonthsLeft(rig, ageYears)
  const boughtMonth = lease === undefined ? 0 : lease.buyoutUsd === undefined || left > months ? undefined : left
  const priceUsd = kept * (boughtMonth === 0 ? saleUsdAt(rig, ageYears) : (lease?.buyoutUsd ?? 0) * vatFactor(rig))
  const laterUsd = boughtMonth === undefined ? 0 : kept * partsUsd(rig) * residualShareAt(rig, ageYears + months / MONTHS_PER_YEAR)
  const leasedOn = lease !== undefined && lease.buyoutUsd === undefined ? lease.usdPerMonth * vatFactor(rig) : 0
  return {
    bought: boughtMonth === undefined ? monthly(0, months) : at(boughtMonth, priceUsd, months), resale: at(months, laterUsd, months), running: withVat(question),
    bookValue: bookOf(boughtMonth, priceUsd, laterUsd, months), rates: monthly(0, months).map((_, month) => (month > left ? leasedOn : 0)), loan: undefined,
  }
}

function withVat(question: OwnershipQuestion): Flows['running'] {
  const vat = vatFactor(question.rig)
  return runningOf(question).map(line => (HAS_VAT.has(line.item) ? {...line, usdPerMonth: line.usdPerMonth * vat, how: vat === 1 ? line.how : `${line.how} × ${plainNumber(vat)} with VAT`} : line))
}

/** What each month costs while it runs. */
function runningOf({rig, idle, working, utilisationShare: share, acceleratorsUsed = acceleratorsOf(rig), displacedUsdPerHour = 0}: OwnershipQuestion): Flows['running'] {
  const {site} = rig
  const resting = site.whenIdle === 'off' ? 0 : 1 - share
  const mean = (read: (draw: Draw) => number): number => share * hourUsd(site, read(working)) + resting * hourUsd(site, read(idle))
  const machines = HOURS_PER_MONTH * mean(({machineWatts}) => machineWatts)
  const whole = HOURS_PER_MONTH * mean(({siteWatts}) => siteWatts)
  const kilowatts = (share * working.machineWatts + resting * idle.machineWatts) / 1000
  const highest = Math.max(share > 0 ? working.siteWatts : 0, resting > 0 ? idle.siteWatts : 0)
  const hours = acceleratorsUsed * HOURS_PER_MONTH * share
  const lines = [
    {item: 'energy', usdPerMonth: machines, how: `${plainNumber(kilowatts)} kW on average × ${HOURS_PER_MONTH} h${kilowatts > 0 ? ` × ${plainNumber(machines / HOURS_PER_MONTH / kilowatts)} USD/kWh` : ''}`},
    {item: 'cooling and losses', usdPerMonth: whole - machines, how: site.pue === undefined ? `what the meter sees beyond the machines` : `PUE ${plainNumber(site.pue)}`},
    {item: 'demand charge', usdPerMonth: demandUsd(site, highest), how: `${plainNumber(highest / 1000)} kW less ${plainNumber((site.demandHeadroomWatts ?? 0) / 1000)} kW that the site draws anyway × ${priceText(site.demandUsdPerKwMonth ?? 0)} USD/kW`},
    ...(rig.upkeepParts ?? [{item: 'other upkeep' as const, usdPerYear: rig.upkeepUsdPerYear}]).map(({item, usdPerYear}) => ({item, usdPerMonth: usdPerYear / MONTHS_PER_YEAR, how: `${plainNumber(usdPerYear)} USD a year ÷ 12`})),
    {item: 'spares', usdPerMonth: hours * rig.wearUsdPerAcceleratorHour, how: `${plainNumber(hours)} accelerator-hours × ${priceText(rig.wearUsdPerAcceleratorHour)} USD of replacements`},
    {item: 'displaced work', usdPerMonth: (hours * displacedUsdPerHour) / acceleratorsOf(rig), how: `${plainNumber(hours)} of ${acceleratorsOf(rig)} accelerator-hours × ${plainNumber(displacedUsdPerHour)} USD that an hour of the rig is worth otherwise`},
  ]
  return lines.filter(({usdPerMonth}) => usdPerMonth !== 0)
}

const before = (flow: Flow, month: number): number => flow[month - 1] ?? 0

/** What a tax on profits gives back by month: of what runs, of interest and rates, of the purchase over the years of the tax office; less that on what a sale brings beyond its value in the books. */
function taxBackOf({rig, months, ageYears}: OwnershipQuestion, {bought, resale, running, rates, loan}: Flows): Flow | undefined {
  const {tax} = rig
  if (tax === undefined || tax.incomeTaxShare === 0) return undefined
  const running0 = sumBy(running, ({usdPerMonth}) => usdPerMonth)
  const life = Math.max(1, Math.round(tax.depreciationYears * MONTHS_PER_YEAR))
  const writtenOff = Array.from({length: months + 1}, () => 0)
  let left = 0
  for (const [boughtMonth, usd] of ageYears === undefined ? bought.entries() : []) {
    for (let month = boughtMonth + 1; month <= Math.min(months, boughtMonth + life); month++) writtenOff[month] = (writtenOff[month] ?? 0) + usd / life
    left += usd * Math.max(0, 1 - Math.max(0, months - boughtMonth) / life)
  }
  return bought.map((_, month) => {
    if (month === 0) return 0
    const costs = running0 + (writtenOff[month] ?? 0) + (loan?.interest[month] ?? 0) + (rates[month] ?? 0)
    return tax.incomeTaxShare * (costs - (month === months ? (ageYears === undefined ? (resale[month] ?? 0) : 0) - left : 0))
  })
}

/** First view: all that is paid and received, at the end of the month it is. A loan is received at the start and paid back. */
function cashOf({months}: OwnershipQuestion, {bought, resale, running, rates, loan}: Flows, taxBack: Flow | undefined): Flow {
  const borrowed = loan?.owed[0] ?? 0
  const paid = sumOfFlows([bought, rates, loan?.paid ?? [], ...running.map(({usdPerMonth}) => monthly(usdPerMonth, months))], months)
  const received = sumOfFlows([resale, [borrowed], taxBack ?? []], months)
  return paid.map((usd, month) => usd - (received[month] ?? 0))
}

/**
 * Second view: the value that is lost each month, and the cost of the capital that is tied up at its beginning — interest of what is borrowed, the owner's own rate of the rest. Its
 * present value is that of the cash (Preinreich 1937, Lücke 1955), whatever way the value is written off.
 */
function capitalLines({rig, months}: OwnershipQuestion, {bought, bookValue, resale, rates, loan}: Flows, rate: number): OwnershipLine[] {
  const lost = bookValue.map((_, month) => (month === 0 ? 0 : before(bookValue, month) + (bought[month] ?? 0) - (month === months ? (resale[month] ?? 0) : (bookValue[month] ?? 0))))
  const capital = bookValue.map((_, month) => (month === 0 ? 0 : (before(bookValue, month) - before(loan?.owed ?? [], month)) * rate + (loan?.interest[month] ?? 0)))
  const leased = levelised(rates, rate)
  const lines: OwnershipLine[] = [
    {item: 'loss of value', usdPerMonth: levelised(lost, rate), how: `from ${plainNumber(sumBy(bought, usd => usd))} to ${plainNumber(sumBy(resale, usd => usd))} USD in ${months} months`},
    {item: 'lease', usdPerMonth: leased, how: rig.financing?.kind === 'lease' ? `${plainNumber(rig.financing.usdPerMonth)} USD a month` : ''},
    {item: 'cost of capital', usdPerMonth: levelised(capital, rate), how: `${plainNumber(rig.financingSharePerYear * 100)} % a year on what is tied up${loan === undefined ? '' : `, ${plainNumber((rig.financing?.kind === 'loan' ? rig.financing.ratePerYear : 0) * 100)} % on the loan`}`},
  ]
  return lines.filter(({usdPerMonth}) => usdPerMonth !== 0)
}

const NO_DRAW: Draw = {machineWatts: 0, siteWatts: 0}

/** What the capital of a rig costs over its life, before taxes: as in a plan, which has none on either side. */
export function capitalOf(rig: Rig): readonly OwnershipLine[] {
  let lines = capitalByRig.get(rig)
  if (lines === undefined) capitalByRig.set(rig, (lines = makeCapital(rig)))
  return lines
}

/** A plan asks once for each candidate. */
const capitalByRig = new WeakMap<Rig, readonly OwnershipLine[]>()

function makeCapital(taxed: Rig): readonly OwnershipLine[] {
  const {tax: _, ...rig} = taxed
  const question = {rig, idle: NO_DRAW, working: NO_DRAW, utilisationShare: 0, months: Math.max(1, Math.round(rig.serviceLifeYears * MONTHS_PER_YEAR))}
  return capitalLines(question, flowsOf(question), monthlyRate(rig.financingSharePerYear))
}

/** What nobody said, and so is in no figure. */
function notCostedOf({rig: {nodes, upkeepParts = [], installationUsd, tax, financingSharePerYear, financing, setupHours, adminUsdPerHour}, months, ageYears}: OwnershipQuestion): Ownership['notCosted'] {
  const leaseLeft = financing?.kind === 'lease' ? leaseMonthsLeft({financing}, ageYears ?? 0) - months : 0
  const has = (item: string): boolean => upkeepParts.some(part => part.item === item)
  return [
    ...(has('staff') ? [] : [{item: 'staff', reason: 'nobody said how many hours an administrator needs (upkeep.adminHoursPerMonth, adminRate)'}]),
    ...(setupHours > 0 && adminUsdPerHour === undefined ? [{item: 'set-up', reason: `${plainNumber(setupHours)} h; nobody said what an hour is worth (upkeep.adminRate)`}] : []),
    ...(installationUsd === undefined ? [{item: 'installation', reason: 'delivery, racks, cables and electricians (installation)'}] : []),
    ...(nodes.reduce((sum, {count}) => sum + count, 0) > 2 ? [{item: 'network', reason: 'switches and cables between its machines, unless they are in its price'}] : []),
    ...(has('service contract') ? [] : [{item: 'service contract', reason: 'none is said to be there (upkeep.servicePerYear)'}]),
    ...(has('insurance') ? [] : [{item: 'insurance', reason: 'none is said to be there (upkeep.insurancePerYear)'}]),
    ...(has('room') || has('other upkeep') ? [] : [{item: 'room', reason: 'its rent is taken to be none (upkeep.roomPerMonth)'}]),
    ...(financingSharePerYear === 0 && financing === undefined ? [{item: 'cost of capital', reason: 'taken to be none (financingSharePerYear)'}] : []),
    ...(leaseLeft > 0 ? [{item: 'rest of the lease', reason: `it runs ${leaseLeft} months longer than is looked at, and so does the rig`}] : []),
    ...(tax === undefined ? [{item: 'taxes', reason: 'neither VAT nor a tax on profits, here and of clouds alike (tax)'}] : []),
  ]
}

/** Rates of a lease that are due after each month; of a rig that is there already they are owed whatever becomes of it, and in no figure. */
function leaseOwed({rig, months, ageYears}: OwnershipQuestion): Flow {
  const {financing, tax} = rig
  if (financing?.kind !== 'lease' || ageYears !== undefined) return monthly(0, months)
  return monthly(0, months).map((_, month) => Math.max(0, financing.months - month) * financing.usdPerMonth * vatFactor(rig) * (1 - (tax?.incomeTaxShare ?? 0)))
}

/** Both views of owning a rig, by item. Throws nothing; months ≥ 1. */
export function ownershipOf(question: OwnershipQuestion): Ownership {
  const {rig, months, utilisationShare} = question
  const rate = monthlyRate(rig.financingSharePerYear)
  const flows = flowsOf(question)
  const taxBack = taxBackOf(question, flows)
  const byMonth = cashOf(question, flows, taxBack)
  const lines: OwnershipLine[] = [
    ...capitalLines(question, flows, rate),
    ...flows.running,
    ...(taxBack === undefined ? [] : [{item: 'taxes saved', usdPerMonth: -levelised(taxBack, rate), how: `${plainNumber((rig.tax?.incomeTaxShare ?? 0) * 100)} % of costs, interest and what is written off`}]),
  ]
  const accelerators = acceleratorsOf(rig)
  const hours = (question.acceleratorsUsed ?? accelerators) * HOURS_PER_MONTH * utilisationShare
  const usdPerMonth = sumBy(lines, line => line.usdPerMonth)
  const presentUsd = presentValue(byMonth, rate)
  return {
    months, utilisationShare, accelerators, usefulAcceleratorHoursPerMonth: hours, lines, usdPerMonth,
    usdPerUsefulAcceleratorHour: hours > 0 ? usdPerMonth / hours : null,
    cashFlow: {presentUsd, usdPerMonth: presentUsd * recoveryFactor(rate, months), byMonth, owed: flows.loan?.owed ?? leaseOwed(question)},
    resaleUsd: flows.resale[months] ?? 0,
    afterTax: taxBack !== undefined,
    notCosted: notCostedOf(question),
  }
}

/** The part of owning that is for some share of all hours: other work in the others carries the rest. */
export function partOf(ownership: Ownership, share: number): Ownership {
  if (share === 1) return ownership
  const {lines, cashFlow} = ownership
  const scaled = (flow: Flow): Flow => flow.map(usd => usd * share)
  return {
    ...ownership, utilisationShare: ownership.utilisationShare * share, usefulAcceleratorHoursPerMonth: ownership.usefulAcceleratorHoursPerMonth * share, usdPerMonth: ownership.usdPerMonth * share,
    lines: lines.map(({item, usdPerMonth, how}) => ({item, usdPerMonth: usdPerMonth * share, how: `${how} × ${plainNumber(share)} of all hours`})),
    cashFlow: {presentUsd: cashFlow.presentUsd * share, usdPerMonth: cashFlow.usdPerMonth * share, byMonth: scaled(cashFlow.byMonth), owed: scaled(cashFlow.owed)},
    resaleUsd: ownership.resaleUsd * share,
  }
}
