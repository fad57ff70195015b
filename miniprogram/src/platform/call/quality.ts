/** How a connection does, from what the browser counts (getStats). */
export interface Counts {
  received: number
  lost: number
  /** Seconds there and back; unknown until the first answer. */
  rtt?: number
}
export interface Quality {
  word: 'good' | 'slow' | 'lossy'
  /** Milliseconds, or per cent. */
  n: number
}

/** From here on a talk is felt to be slow, or broken up (ITU-T G.114: 400 ms one way is the end of what serves). */
const SLOW = 0.4
const LOSSY = 0.05

export function count(stats: Iterable<any>): Counts {
  const counts: Counts = { received: 0, lost: 0 }
  for (const one of stats) {
    if (one.type === 'inbound-rtp') {
      counts.received += one.packetsReceived ?? 0
      counts.lost += Math.max(0, one.packetsLost ?? 0)
    } else if (one.type === 'candidate-pair' && one.nominated) counts.rtt = one.currentRoundTripTime ?? counts.rtt
  }
  return counts
}

/** What happened between two counts; nothing is said where too little came to tell. */
export function judge(before: Counts | undefined, now: Counts): Quality | undefined {
  const lost = now.lost - (before?.lost ?? 0)
  const all = now.received - (before?.received ?? 0) + lost
  const share = all > 0 ? lost / all : 0
  if (all >= 20 && share >= LOSSY) return { word: 'lossy', n: Math.round(share * 100) }
  if (now.rtt === undefined) return undefined
  return { word: now.rtt >= SLOW ? 'slow' : 'good', n: Math.round(now.rtt * 1000) }
}
