/** Sound and picture between up to four browsers, each connected with each. Follows the "perfect negotiation"
 *  pattern: both sides may offer at any time, and the polite one gives way when offers collide. */

export interface Remote {
  peer: string
  stream: MediaStream
  state: RTCPeerConnectionState
}
export type Signal = { description?: RTCSessionDescriptionInit; candidate?: RTCIceCandidateInit }

/** Time for a link to come about before it is helped. */
const PATIENCE = 4000

class Link {
  readonly pc: RTCPeerConnection
  readonly stream = new MediaStream()
  private offering = false
  private ignoring = false
  private answering = false
  private watch: ReturnType<typeof setInterval>

  constructor(
    private polite: boolean,
    ice: RTCIceServer[],
    local: MediaStream | undefined,
    private send: (signal: Signal) => void,
    changed: () => void,
  ) {
    const pc = (this.pc = new RTCPeerConnection({ iceServers: ice }))
    pc.onnegotiationneeded = () => this.offer()
    pc.onicecandidate = ({ candidate }) => candidate && send({ candidate: candidate.toJSON() })
    pc.ontrack = ({ track }) => {
      this.stream.addTrack(track)
      changed()
    }
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'failed') pc.restartIce()
      changed()
    }
    for (const kind of ['audio', 'video'] as const) {
      const track = local?.getTracks().find((t) => t.kind === kind)
      if (track) pc.addTrack(track, local!)
      else pc.addTransceiver(kind, { direction: 'recvonly' })
    }
    this.watch = setInterval(() => this.nudge(), PATIENCE)
  }

  /** A link that does not come about lost a signal on the way: the open offer is sent again, or a new one is made. */
  private nudge() {
    const { connectionState, signalingState, localDescription } = this.pc
    if (connectionState === 'connected' || connectionState === 'closed') return
    if (signalingState === 'have-local-offer' && localDescription) this.send({ description: localDescription.toJSON() })
    else if (!this.polite && signalingState === 'stable') this.pc.restartIce()
  }

  close() {
    clearInterval(this.watch)
    this.pc.close()
  }

  private async offer() {
    try {
      this.offering = true
      await this.pc.setLocalDescription()
      this.send({ description: this.pc.localDescription!.toJSON() })
    } catch (e) {
      console.warn('offer', e)
    } finally {
      this.offering = false
    }
  }

  async receive({ description, candidate }: Signal) {
    if (description) return this.describe(description)
    if (!candidate) return
    try {
      await this.pc.addIceCandidate(candidate)
    } catch (e) {
      if (!this.ignoring) console.warn('candidate', e)
    }
  }

  private async describe(description: RTCSessionDescriptionInit) {
    const ready = !this.offering && (this.pc.signalingState === 'stable' || this.answering)
    this.ignoring = !this.polite && description.type === 'offer' && !ready
    if (this.ignoring) return
    this.answering = description.type === 'answer'
    try {
      await this.pc.setRemoteDescription(description)
    } finally {
      this.answering = false
    }
    if (description.type !== 'offer') return
    await this.pc.setLocalDescription()
    this.send({ description: this.pc.localDescription!.toJSON() })
  }
}

export class Mesh {
  private links = new Map<string, Link>()
  private queue = Promise.resolve()

  constructor(
    private me: string,
    private ice: RTCIceServer[],
    private local: MediaStream | undefined,
    private send: (to: string, signal: Signal) => void,
    private changed: () => void,
  ) {}

  /** Connects with exactly these peers. */
  meet(peers: string[]) {
    for (const [peer, link] of this.links) {
      if (peers.includes(peer)) continue
      link.close()
      this.links.delete(peer)
    }
    for (const peer of peers) this.link(peer)
    this.changed()
  }

  /** Signals are taken one after the other, as they came. */
  receive(peer: string, signal: Signal) {
    this.queue = this.queue.then(() => this.link(peer).receive(signal)).catch((e) => console.warn('signal', e))
  }

  remotes(): Remote[] {
    return [...this.links].map(([peer, l]) => ({ peer, stream: l.stream, state: l.pc.connectionState }))
  }

  close() {
    for (const link of this.links.values()) link.close()
    this.links.clear()
  }

  private link(peer: string): Link {
    let link = this.links.get(peer)
    if (!link) {
      link = new Link(this.me < peer, this.ice, this.local, (signal) => this.send(peer, signal), this.changed)
      this.links.set(peer, link)
    }
    return link
  }
}
