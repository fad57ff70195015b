/** Camera and microphone of a browser. Call only after a tap that asks for them. */
export async function openDevices(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new Error('no secure context')
  const audio = { echoCancellation: true, noiseSuppression: true }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio, video: { width: 640, height: 480 } })
  } catch (e) {
    // A desktop without a camera can still speak.
    return navigator.mediaDevices.getUserMedia({ audio })
  }
}

export const closeDevices = (stream?: MediaStream) => stream?.getTracks().forEach((track) => track.stop())

export function enable(stream: MediaStream | undefined, kind: 'audio' | 'video', on: boolean) {
  for (const track of stream?.getTracks() ?? []) if (track.kind === kind) track.enabled = on
}

export const has = (stream: MediaStream | undefined, kind: 'audio' | 'video') => !!stream?.getTracks().some((t) => t.kind === kind)
