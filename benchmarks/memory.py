"""How much memory does a recording need, and does a longer one need more?"""

import material
from table import Table


def measure(quick: bool) -> Table:
    """Peak resident memory of a fresh process with the tiny model; `quick` leaves the 5 hours out."""
    lengths = (10, 60) if quick else (10, 60, 300)
    rows = []
    for system in ("auricle", "faster-whisper"):
        peaks = [
            material.contend(system, material.TINY, [material.recording(minutes)])[0].peak
            for minutes in lengths
        ]
        rows.append([system, *(f"{peak / 1e6:.0f} MB" for peak in peaks), f"{peaks[-1] / peaks[0]:.2f}"])
    return Table("memory", ("system", *(f"{minutes} min" for minutes in lengths), "last / first"), rows)
