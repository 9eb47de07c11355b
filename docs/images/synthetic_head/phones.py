"""The phones that the demo's voice can say, named as in TIMIT: a stop is a closure (`pcl`) and then its release (`p`).

Formants of vowels: means of 33 men, Peterson and Barney, JASA 24 (1952), table II; ends of diphthongs and consonants
after Klatt, JASA 67 (1980), tables II and III; how far a consonant's formants give way to the vowel beside it after
the locus equations of Sussman, McCaffrey and Matthews, JASA 90 (1991), rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

BANDS = (700, 1500, 2400, 3400, 4500, 5800, 7100)  # Hz, centres of the bands that noises are made of
SILENT = -200.0  # dB

Formants = tuple[float, float, float]


@dataclass(frozen=True)
class Phone:
    """What the mouth aims at. Levels are in dB below a stressed vowel's.

    formants: the first three, in Hz; to: where they end, in a diphthong
    give: the share of the way to the neighbour's formants that each is drawn at that side: 0 none, 1 all of it
    voice: level of the glottal source; bar: of what of it passes closed lips or tongue, low frequencies only
    breath: level of the noise of the glottis; nasal: 1 with the nose coupled in
    noise: level in each of BANDS of the noise made in the mouth; burst: that noise fades within a few milliseconds
    broad: how much broader the formants are than a vowel's; pause: the mouth rests, and a phrase ends
    """

    formants: Formants
    to: Formants | None = None
    give: Formants = (0.0, 0.0, 0.0)
    voice: float = SILENT
    bar: float = SILENT
    breath: float = SILENT
    nasal: float = 0.0
    noise: tuple[float, ...] | None = None
    burst: bool = False
    broad: float = 1.0
    pause: bool = False


# Where the tongue or the lips narrow the mouth: formants at the narrowing, and how far they give way.
LIPS = Phone((260, 950, 2200), give=(0.15, 0.75, 0.6))
TEETH = Phone((280, 1400, 2550), give=(0.15, 0.45, 0.35))
RIDGE = Phone((260, 1800, 2650), give=(0.15, 0.42, 0.3))
PALATE = Phone((280, 1950, 2700), give=(0.1, 0.25, 0.2))
VELUM = Phone((260, 2200, 2300), give=(0.15, 0.65, 0.5))

# Levels of noises, one a band.
HISS = (-66, -58, -44, -33, -22, -16, -18)  # s, z
HUSH = (-66, -40, -18, -12, -18, -24, -28)  # sh, ch
PUFF = (-47, -44, -42, -41, -40, -39, -39)  # f, v: no cavity in front that would colour it
LISP = (-52, -46, -42, -40, -38, -36, -33)  # th, dh
POP = (-18, -22, -26, -30, -33, -36, -40)
TICK = (-40, -32, -24, -17, -13, -15, -20)
CLICK = (-28, -14, -20, -32, -34, -40, -44)


def vowel(formants: Formants, to: Formants | None = None, voice: float = 0.0) -> Phone:
    return Phone(formants, to, voice=voice, breath=voice - 32)


PHONES = {
    "iy": vowel((270, 2290, 3010)),
    "ih": vowel((420, 1940, 2550)),
    "eh": vowel((530, 1840, 2480)),
    "ae": vowel((660, 1720, 2410)),
    "aa": vowel((730, 1090, 2440)),
    "ao": vowel((570, 840, 2410)),
    "uh": vowel((440, 1020, 2240)),
    "uw": vowel((310, 950, 2240)),
    "ah": vowel((640, 1190, 2390)),
    "er": vowel((490, 1350, 1690)),
    "ax": vowel((500, 1400, 2450), voice=-3),
    "ix": vowel((420, 1700, 2500), voice=-3),
    "ay": vowel((740, 1180, 2450), (380, 2050, 2600)),
    "ey": vowel((480, 1900, 2500), (330, 2200, 2750)),
    "ow": vowel((560, 980, 2380), (380, 800, 2300)),
    "aw": vowel((740, 1280, 2450), (440, 1050, 2350)),
    "w": Phone((290, 650, 2150), give=(0.1, 0.1, 0.2), voice=-4),
    "y": Phone((260, 2150, 3000), give=(0.1, 0.1, 0.2), voice=-4),
    "r": Phone((330, 1120, 1500), give=(0.1, 0.2, 0.1), voice=-3),
    "l": Phone((340, 1000, 2750), give=(0.1, 0.25, 0.2), voice=-4, broad=1.2),
    "m": Phone((340, 1150, 2200), give=(0, 0.5, 0.4), voice=-4, nasal=1, broad=1.3),
    "n": Phone((360, 1600, 2600), give=(0, 0.3, 0.3), voice=-3, nasal=1, broad=1.3),
    "hh": Phone((500, 1400, 2450), give=(0.9, 0.9, 0.9), breath=-17, broad=2.0),
    "f": replace(LIPS, noise=PUFF),
    "v": replace(LIPS, voice=-10, bar=-9, noise=tuple(level - 5 for level in PUFF), broad=1.6),
    "th": replace(TEETH, noise=LISP),
    "dh": replace(TEETH, voice=-10, bar=-10, noise=tuple(level - 6 for level in LISP), broad=1.6),
    "s": replace(RIDGE, noise=HISS),
    "z": replace(RIDGE, voice=-18, bar=-11, noise=tuple(level - 5 for level in HISS), broad=1.6),
    "sh": replace(PALATE, noise=HUSH),
    "ch": replace(PALATE, noise=HUSH),
    "pcl": LIPS,
    "tcl": RIDGE,
    "kcl": VELUM,
    "bcl": replace(LIPS, bar=-9),
    "dcl": replace(RIDGE, bar=-9),
    "gcl": replace(VELUM, bar=-10),
    "p": replace(LIPS, breath=-20, noise=POP, burst=True, broad=1.8),
    "t": replace(RIDGE, breath=-20, noise=TICK, burst=True, broad=1.8),
    "k": replace(VELUM, breath=-20, noise=CLICK, burst=True, broad=1.8),
    "b": replace(LIPS, voice=-9, noise=tuple(level - 6 for level in POP), burst=True),
    "d": replace(RIDGE, voice=-9, noise=tuple(level - 5 for level in TICK), burst=True),
    "g": replace(VELUM, voice=-9, noise=tuple(level - 5 for level in CLICK), burst=True),
    "pau": Phone((500, 1500, 2500), pause=True),
}
