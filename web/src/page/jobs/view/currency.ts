import { useExtent } from '../../../state/extent.ts'

/** The shop's base currency, which the jobs count in; empty until it is known. */
export function useCurrency(): string {
  return useExtent(true).overview?.currency ?? ''
}
