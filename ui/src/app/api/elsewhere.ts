/** What other tabs of this browser have changed: they tell each other. */

const channel = new BroadcastChannel(`auricle ${document.baseURI}`);
const RECORDINGS = /\/api\/v1\/recordings\/([^/?]+)/;

export const elsewhere = {
  /** Tell the other tabs of a request that was granted, where it changed a recording. */
  tell(request: Request): void {
    const recording = RECORDINGS.exec(request.url)?.[1];
    if (recording && !['GET', 'HEAD'].includes(request.method)) channel.postMessage(recording);
  },

  /** Be told which recording (id) may be another now, `bulk` for any; the answer ends that. */
  listen(act: (recording: string) => void): () => void {
    const heard = (event: MessageEvent<string>) => act(event.data);
    channel.addEventListener('message', heard);
    return () => channel.removeEventListener('message', heard);
  },
};
