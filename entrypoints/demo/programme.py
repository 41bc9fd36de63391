"""The shows of the demo: those of the past month, those to come, and the one that is on air."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoShow:
    """A show `day` days from now (negative: past) at `hour` o'clock, or `hour` hours from now when `day` is 0; `host` hosts it.

    `brief` is (index of the brand, index of its brief); `products` are indices of the brand's products in their order;
    `seconds` is the length of the recording, `orders` how many bought while it ran, `replayed` how many from the replay later.
    """

    day: int
    hour: int
    host: str
    brief: tuple[int, int]
    title: str
    language: str
    products: tuple[int, ...]
    about: str
    orders: int = 0
    replayed: int = 0
    seconds: int = 480


PAST = (
    DemoShow(-33, 20, "nour", (0, 0), "Copper for beginners", "en", (0, 1, 4, 5), "What copper does that steel does not, in two pans and one egg.", 15, 2),
    DemoShow(-32, 19, "malo", (2, 0), "Mon trajet sous la pluie", "fr", (0, 1, 7, 3), "Onze kilomètres, deux sacoches, zéro goutte.", 14, 1),
    DemoShow(-30, 18, "jeanne", (5, 0), "Repriser un coude", "fr", (5, 0, 3), "Un pull, un trou, une aiguille : vingt minutes.", 13, 2),
    DemoShow(-28, 20, "ines", (1, 0), "Mains d'hiver", "fr", (5, 3, 4), "Ce qui répare, ce qui protège, ce qui ne sert à rien.", 14, 1),
    DemoShow(-26, 21, "theo", (3, 0), "Two games before bedtime", "en", (0, 1, 4), "A castle, a dragon, and bed at nine.", 12, 1),
    DemoShow(-23, 20, "nour", (0, 1), "Sharpen, then cook", "en", (6, 8, 9), "From a dull blade to a tartare.", 13, 2),
    DemoShow(-21, 18, "rosa", (4, 0), "A balcony in an hour", "en", (0, 3, 5, 6), "Empty pots at six, watered herbs at seven.", 12, 1),
    DemoShow(-18, 19, "malo", (2, 1), "Crevaison : quatre minutes", "fr", (4, 8, 5), "Roue arrière, gants, chronomètre.", 14, 2),
    DemoShow(-15, 18, "jeanne", (5, 0), "Un bonnet en une soirée", "fr", (1, 5, 8), "Montage, côtes, diminutions, et du thé.", 13, 1),
    DemoShow(-12, 20, "ines", (1, 1), "La soirée en cinq minutes", "fr", (0, 1, 8), "Chronomètre visible, promis.", 14, 2),
    DemoShow(-9, 21, "theo", (3, 0), "Trade Winds, one whole game", "en", (2, 6, 9), "The chat votes on my moves. I will regret it.", 11, 1),
    DemoShow(-5, 20, "nour", (0, 0), "Beurre blanc without fear", "en", (0, 2, 7, 4), "Three ways to save a sauce that splits.", 15, 2),
    DemoShow(-2, 19, "malo", (2, 0), "Voir et être vu", "fr", (0, 9, 2), "Éclairages, dynamo, et ce que la loi demande.", 12, 1),
)  # fmt: skip

ON_AIR = DemoShow(
    0,
    0,
    "nour",
    (0, 0),
    "Three sauces, five pans",
    "en",
    (0, 4, 1, 7, 2, 5, 3, 9),
    "Béarnaise, velouté, caramel: ask anything while they cook.",
)

COMING = (
    DemoShow(0, 1, "ines", (1, 1), "Le soir, en cinq minutes", "fr", (0, 1, 8), "Nettoyer, nourrir, dormir."),
    DemoShow(0, 3, "jeanne", (5, 0), "Tricoter tard", "fr", (5, 1, 4), "On monte les mailles, on parle bas."),
    DemoShow(1, 19, "malo", (2, 1), "Une chaîne neuve en dix minutes", "fr", (8, 4, 0), "Avec Malo et une chaîne vraiment sale."),
    DemoShow(1, 21, "theo", (3, 0), "Family game night", "en", (0, 1, 3, 4), "Bring a child or behave like one."),
    DemoShow(2, 18, "jeanne", (5, 0), "Choisir sa laine", "fr", (5, 8, 0), "Toucher impossible, mais je décris très bien."),
    DemoShow(3, 20, "ines", (1, 0), "Mains d'hiver, deuxième", "fr", (5, 3, 6), "Vos questions de la dernière fois, dans l'ordre."),
    DemoShow(4, 18, "rosa", (4, 0), "Winter herbs", "en", (0, 8, 5), "What still grows in December, and what only pretends."),
    DemoShow(6, 20, "nour", (0, 1), "Knives: the second evening", "en", (6, 8), "Bring your own dull knife."),
    DemoShow(9, 19, "hana", (1, 1), "Two steps in the morning", "en", (1, 2, 8), "The short version of a long subject."),
    DemoShow(12, 20, "callum", (0, 0), "Stock, the long way", "en", (3, 7, 5), "Six litres, four hours, edited live."),
)  # fmt: skip

APPLICATIONS = (
    ("hana", (1, 1), "accepted", "My viewers ask for short routines every week. Five minutes is exactly my format."),
    ("callum", (0, 0), "accepted", "I make stock every Sunday and my viewers have started to time it with me."),
    ("anselme", (0, 0), "submitted", "Je cuisine au feu de bois depuis dix ans, le cuivre y est chez lui. Deux lives par mois, 40 fidèles."),
    ("berenice", (0, 0), "submitted", "Un bouillon par semaine, en direct, depuis deux ans. Votre marmite Marthe m'intrigue."),
    ("emre", (0, 1), "countered", "Mezze need good knives. I sharpen mine on stones and would love to show it slowly."),
    ("faustine", (0, 0), "submitted", "Caramel, ganache, crème pâtissière : tout ce que le cuivre fait mieux."),
    ("delphine", (0, 1), "declined", "Je fermente plus que je ne coupe, mais j'apprends vite."),
    ("isaure", (1, 1), "submitted", "La routine de cinq minutes, c'est mon émission du mardi. Chronomètre compris."),
    ("katell", (1, 0), "submitted", "Mains de marin, sel et vent : je teste vraiment."),
    ("leon", (1, 1), "withdrawn", "Acné d'adulte, sans filtre : je montrerais le masque à l'argile."),
    ("gaspard", (1, 0), "declined", "Je fais mes propres savons, je saurais comparer."),
    ("maud", (2, 0), "submitted", "Vélo cargo et deux enfants : vos sacoches vont souffrir, en direct."),
    ("nils", (2, 0), "submitted", "Minus twelve on Tuesdays. I can show your gloves and lights in real winter."),
    ("quentin", (2, 1), "declined", "Je rayonne des roues, une crevaison est une formalité."),
    ("ramona", (3, 0), "submitted", "Co-operative games for people who argue: The Last Dragonling was made for us."),
    ("thais", (3, 0), "submitted", "Trois enfants, trois âges, une table. Ils sont impitoyables."),
    ("wanda", (4, 0), "submitted", "I plant one balcony a month on camera. November is empty."),
    ("yasmine", (4, 0), "submitted", "Des plantes pour gens qui oublient, et j'oublie très bien."),
    ("blanche", (5, 0), "countered", "Je porte vos pulls depuis trois hivers. Les coudes en témoignent."),
    ("elias", (5, 0), "withdrawn", "Darning as a sport, ninety stitches a minute."),
)  # fmt: skip
"""Creator, brief, where the application stands, and what it says."""

ASKS = {"faustine": (1500, 10000), "berenice": (1400, 0), "blanche": (1600, 8000)}
"""Who asks for other terms with the application: rate in basis points and fee in cents."""

COUNTERS = {
    "emre": (1300, 5000, "We add something for the first evening."),
    "blanche": (1400, 6000, "Vos deux soirées de janvier comprises."),
}
"""What the brand offers in answer: rate, fee, and a word with it."""

DECLINES = {
    "delphine": "Votre travail nous plaît, mais ce brief demande quelqu'un qui affûte déjà lui-même. Écrivez-nous pour les saumures.",
    "gaspard": "Nous cherchons ici des mains abîmées plutôt que des savonniers. Restons en contact.",
    "quentin": "Both places of this date were given this morning. The next brief opens in December.",
}
