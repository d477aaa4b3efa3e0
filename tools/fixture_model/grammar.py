"""Closed grammar of the fixture: English (about 230 words) and a little German.

Every sentence is returned as Whisper would write it, without the leading space:
capitalised first word, full stop at the end. Numbers are written as words.
"""
import random
import zlib

DIGITS = "zero one two three four five six seven eight nine".split()
TEENS = ("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NATO = ("alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november "
        "oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu").split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
COLOURS = "red green blue yellow orange purple black white pink brown".split()
ROOMS = "kitchen bedroom bathroom garage garden office hallway".split()
NAMES = "Anna David Maria Peter Susan Robert Laura Thomas".split()
DOCS = "report budget summary invoice schedule contract".split()
EVENTS = "meeting call training review lunch".split()
PARTS = "morning afternoon evening".split()


def number(r):
    k = r.random()
    if k < .25:
        return r.choice(DIGITS)
    if k < .5:
        return r.choice(TEENS)
    t = r.choice(TENS)
    return t if r.random() < .25 else t + " " + r.choice(DIGITS[1:])


def clock(r):
    h = r.choice(DIGITS[1:] + TEENS[:3])
    return r.choice([h, h, h + " thirty", h + " fifteen", h + " forty five", "noon"])


MEETING = [
    (6, "the {event} starts at {time}"), (3, "the {event} ends at {time}"), (2, "the {event} is on {day}"),
    (2, "the {event} is on {day} {part}"), (2, "we will move the {event} to {day}"),
    (4, "please send the {doc} on {day}"), (2, "please send me the {doc} before {day}"),
    (2, "please send the {doc} to {name}"), (3, "{name} will write the {doc}"), (2, "{name} will send the {doc} on {day}"),
    (2, "{name} agrees with {name}"), (2, "I agree with {name}"), (2, "we need {num} more {unit}"),
    (2, "the deadline is {day} {part}"), (3, "the {thing} is {state}"), (1, "thank you for coming"), (1, "thank you {name}"),
    (1, "let us begin"), (1, "let us take a short break"), (2, "the next item is the {doc}"), (2, "I will call you on {day}"),
    (1, "good {part} everyone"), (1, "good {part} {name}"), (2, "the customer called {when}"),
    (2, "the budget is {num} thousand {money}"), (2, "room {num} is {free}"), (2, "open the {doc} on page {num}"),
    (1, "{name} is late today"), (1, "{name} is in the {room}"), (1, "we have {num} {unit} left"),
]
EN = [
    *MEETING,
    (6, "turn {onoff} the {room} {device}"), (4, "turn {onoff} the lights in the {room}"), (3, "set the {room} temperature to {num} degrees"),
    (3, "set the {room} lights to {colour}"), (3, "{openclose} the {room} {door}"), (2, "{play} the {media}"),
    (1, "start recording"), (1, "stop recording"), (2, "call {name}"), (1, "mute the microphone"), (1, "volume {updown}"),
    (3, "set a timer for {num} minutes"), (2, "wake me at {time}"), (1, "new line"), (1, "new paragraph"),
    (2, "delete the last {textunit}"), (1, "undo that"), (1, "save the file"), (1, "go back"), (1, "scroll {updown}"),
    (2, "show me the {doc}"), (3, "add {food} to the list"), (2, "add {num} {unit} to the timer"),
    (3, "number {num}"), (3, "channel {num}"), (5, "{digits}"), (4, "the code is {digits}"), (3, "my number is {digits}"),
    (3, "{num} plus {num} is {num}"), (5, "{natos}"), (3, "this is {nato} {nato} {digit}"), (2, "the call sign is {nato} {digit} {nato}"),
    (2, "today is {day}"), (2, "tomorrow is {day}"), (3, "the {colour} {object} is on the table"),
    (3, "press the {colour} button"), (2, "the {colour} {object} is in the {room}"), (2, "{colour} and {colour}"),
    (3, "{num} {colour} {object}s"), (16, "{words}"),
]
FILL = dict(
    event=EVENTS, day=DAYS, part=PARTS, doc=DOCS, name=NAMES, unit="minutes days people tickets".split(),
    thing="project customer team office printer".split(), state="late ready happy busy quiet".split(),
    when=["today", "yesterday", "on {day}", "this {part}"], money=["dollars", "euros"], free=["free", "busy"],
    room=ROOMS, device="light lights fan heater radio television".split(), colour=COLOURS,
    openclose=["open", "close", "lock"], door=["door", "window"], play=["play", "pause", "stop"],
    media=["music", "radio", "recording"], updown=["up", "down"], onoff=["on", "off"],
    textunit=["word", "line", "sentence"], food="milk bread coffee tea".split(), nato=NATO, digit=DIGITS,
    object="box car button line ticket".split(),
)
DE_NUM = ("null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig").split()
DE_DAYS = "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag".split()
DE = [
    (4, "das Treffen beginnt um {dnum}"), (3, "heute ist {dday}"), (2, "morgen ist {dday}"), (4, "bitte sende den Bericht am {dday}"),
    (4, "schalte das Licht in der Küche {einaus}"), (3, "schalte das Licht im Büro {einaus}"), (2, "öffne das Fenster"), (2, "schließe die Tür"),
    (2, "vielen Dank für den Bericht"), (1, "guten Morgen"), (1, "guten Abend"), (2, "wir brauchen {dnum} Minuten"),
    (3, "die Nummer ist {dnum} {dnum} {dnum}"), (4, "{dnums}"), (2, "der Termin ist am {dday}"), (2, "spiele die Musik"),
    (1, "neue Zeile"), (3, "Seite {dnum}"),
]
FILL.update(dnum=DE_NUM, dday=DE_DAYS, einaus=["ein", "aus"])


def _leaf_words():
    out = set()
    for w, t in EN:
        for x in t.split():
            if "{" not in x:
                out.add(x)
    for k, vs in FILL.items():
        if k.startswith("d") and k in ("dnum", "dday") or k == "einaus":
            continue
        for v in vs:
            out.update(x for x in v.split() if "{" not in x)
    out.update(DIGITS + TEENS + TENS + ["boxes", "cars", "buttons", "lines", "tickets", "noon", "thousand"])
    return sorted(out)


WORDS_EN = _leaf_words()
FIXED = {t.lower() for _, t in EN + DE if "{" not in t}


def _expand(t, r):
    while "{" in t:
        a = t.index("{")
        b = t.index("}", a)
        k = t[a + 1:b]
        if k == "num":
            v = number(r)
        elif k == "time":
            v = clock(r)
        elif k == "digits":
            v = " ".join(r.choice(DIGITS) for _ in range(r.randint(3, 7)))
        elif k == "natos":
            v = " ".join(r.choice(NATO) for _ in range(r.randint(2, 5)))
        elif k == "dnums":
            v = " ".join(r.choice(DE_NUM) for _ in range(r.randint(2, 5)))
        elif k == "words":
            v = " ".join(r.choice(WORDS_EN) for _ in range(r.randint(1, 6)))
        else:
            v = r.choice(FILL[k])
        t = t[:a] + v + t[b + 1:]
    return t.replace("boxs", "boxes")


def sentence(r, lang="en", table=None):
    table = table or (EN if lang == "en" else DE)
    t = r.choices([x[1] for x in table], [x[0] for x in table])[0]
    t = _expand(t, r)
    return t[0].upper() + t[1:] + "."


def is_heldout(text):
    """One sentence in twelve is never used for training (decided by its hash); fixed phrases always are."""
    if text[:-1].lower() in FIXED:
        return False
    return zlib.crc32(text.lower().encode()) % 12 == 0


def is_word_list(text):
    """True for the random word lists ("Red garden code zulu."), which no language model can help with."""
    import re
    nums = "(?:" + "|".join(DIGITS + TEENS + TENS + ["noon"]) + ")"

    def rx(t):
        def sub(m):
            k = m.group(1)
            if k in ("num", "time", "dnum"):
                return nums + "(?: " + nums + "){0,2}" if k != "dnum" else "(?:" + "|".join(DE_NUM) + ")"
            if k in ("digits", "natos", "dnums"):
                w = "(?:" + "|".join(dict(digits=DIGITS, natos=NATO, dnums=DE_NUM)[k]) + ")"
                return w + "(?: " + w + ")+"
            return "(?:" + "|".join(rx(v) for v in FILL[k]) + ")"
        return re.sub(r"\{(\w+)\}", sub, t)
    t = text.lower().rstrip(".").replace("boxes", "boxs")
    return not any(re.fullmatch(rx(x).lower(), t) for _, x in EN + DE if x != "{words}")


if __name__ == "__main__":
    r = random.Random(0)
    print(len(WORDS_EN), "English words")
    for _ in range(20):
        print(sentence(r), "|", sentence(r, "de"))
