"""The people of the demo: staff, creators and shoppers. Nobody here exists; every address ends in `.example`."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.tables import Role
from marketplace.postal import ShipTo

AGENCY = "FR7630006000011234567890189"
"""The bank account of an agency that two creators are paid through."""

PASSWORD = "copper pans at nine"
"""The one password of everybody in the demo; the demo refuses to run in production."""


@dataclass(frozen=True)
class Staff:
    """Somebody who works with Fanfare: the first name is the address."""

    key: str
    name: str
    roles: tuple[Role, ...]
    does: str
    locale: str = "en"


@dataclass(frozen=True)
class DemoCreator:
    """A creator; `key` is the address and the seed of the portrait.

    `payee` is how far the payout account has come, `iban` its bank account when it has to be a certain one.
    """

    key: str
    name: str
    handle: str
    trade: str
    followers: int
    language: str
    country: str
    bio: str
    payee: str = ""
    iban: str = ""


STAFF = (
    Staff("fay", "Fay Durand", (Role.FINANCE_MAKER,), "Finance, makes payout runs"),
    Staff("finn", "Finn Roche", (Role.FINANCE_CHECKER,), "Finance, approves payout runs"),
    Staff("nora", "Nora Petit", (Role.FINANCE_CHECKER,), "Finance, approves unusual amounts too"),
    Staff("max", "Max Leroy", (Role.MODERATOR,), "Moderator"),
    Staff("rose", "Rose Amiel", (Role.ADMINISTRATOR,), "Administrator"),
)

CREATORS = (
    DemoCreator("nour", "Nour Benali", "nour.cuisine", "kitchen", 8400, "en", "FR", "Sunday sauces in a very small kitchen. I burn butter only when I have to show how.", "active"),
    DemoCreator("ines", "Inès Carpentier", "ines.peau", "care", 6100, "fr", "FR", "Peaux sensibles, listes courtes. Je lis les étiquettes pour que vous n'ayez pas à le faire.", "active"),
    DemoCreator("malo", "Malo Guégan", "malo.roule", "cycling", 9700, "fr", "FR", "Onze kilomètres par jour, pluie comprise. Mécano du samedi.", "active"),
    DemoCreator("theo", "Théo Mbaye", "theo.joue", "tabletop", 5300, "en", "FR", "I teach rules in four minutes and lose gracefully.", "restricted"),
    DemoCreator("jeanne", "Jeanne Lafarge", "jeanne.tricote", "knitting", 12800, "fr", "FR", "Soixante ans de laine. On répare tout, même les coudes.", "active"),
    DemoCreator("rosa", "Rosa Ferreira", "rosa.balcon", "garden", 4200, "en", "FR", "Nine square metres, facing north, and tomatoes all the same.", "active", AGENCY),
    DemoCreator("anselme", "Anselme Roy", "anselme.feu", "kitchen", 2300, "fr", "FR", "Cuisine au feu de bois, même en ville.", "document"),
    DemoCreator("berenice", "Bérénice Jolivet", "berenice.bouillon", "kitchen", 3900, "fr", "FR", "Des bouillons, et encore des bouillons."),
    DemoCreator("callum", "Callum Reid", "callum.cooks", "kitchen", 7200, "en", "IE", "Knives, stock and patience. From Cork, cooking in Lille."),
    DemoCreator("delphine", "Delphine Oster", "delphine.sel", "kitchen", 1800, "fr", "FR", "Fermentations du lundi."),
    DemoCreator("emre", "Emre Aydin", "emre.meze", "kitchen", 6600, "en", "DE", "Mezze for two, from a kitchen for one."),
    DemoCreator("faustine", "Faustine Brel", "faustine.four", "kitchen", 5100, "fr", "BE", "Pain, brioche, et ce qu'il en reste le lendemain."),
    DemoCreator("gaspard", "Gaspard Nollet", "gaspard.savon", "care", 2700, "fr", "FR", "Savons à froid, barbe incluse."),
    DemoCreator("hana", "Hana Kimura", "hana.skin", "care", 9100, "en", "FR", "Two steps in the morning, three at night. That is all."),
    DemoCreator("isaure", "Isaure Lemoine", "isaure.soir", "care", 3300, "fr", "FR", "La routine de cinq minutes, chronomètre à l'appui."),
    DemoCreator("joao", "João Teles", "joao.cuida", "care", 1500, "en", "PT", "Hands of a potter, cream of a pharmacist."),
    DemoCreator("katell", "Katell Riou", "katell.nature", "care", 4700, "fr", "FR", "Du bord de mer : sel, vent et ce qu'il faut contre."),
    DemoCreator("leon", "Léon Vasseur", "leon.peau", "care", 2100, "fr", "FR", "Acné d'adulte, sans filtre."),
    DemoCreator("maud", "Maud Tisserand", "maud.velo", "cycling", 5800, "fr", "FR", "Vélo cargo, deux enfants, zéro essence."),
    DemoCreator("nils", "Nils Bergqvist", "nils.rides", "cycling", 8800, "en", "SE", "Winter commuting at minus twelve. Ask me about gloves."),
    DemoCreator("oceane", "Océane Prigent", "oceane.pedale", "cycling", 3600, "fr", "FR", "Bikepacking lent."),
    DemoCreator("pascal", "Pascal Thuet", "pascal.atelier", "cycling", 2900, "fr", "FR", "Trente ans d'atelier, je montre tout."),
    DemoCreator("quentin", "Quentin Faure", "quentin.roue", "cycling", 1200, "fr", "FR", "Je rayonne des roues le soir."),
    DemoCreator("ramona", "Ramona Ilie", "ramona.plays", "tabletop", 7400, "en", "RO", "Co-operative games for people who argue."),
    DemoCreator("simon", "Simon Delcourt", "simon.des", "tabletop", 3100, "fr", "BE", "Un jeu, une heure, une bière sans alcool."),
    DemoCreator("thais", "Thaïs Morvan", "thais.famille", "tabletop", 4400, "fr", "FR", "Jeux de famille testés par trois vrais enfants."),
    DemoCreator("ugo", "Ugo Rinaldi", "ugo.scacchi", "tabletop", 2200, "en", "IT", "Chess for beginners, coffee for everybody."),
    DemoCreator("victoire", "Victoire Anglade", "victoire.puzzle", "tabletop", 1900, "fr", "FR", "Mille pièces en direct, sans couper."),
    DemoCreator("wanda", "Wanda Kaczmarek", "wanda.grows", "garden", 6900, "en", "PL", "Seeds, slugs and other dramas.", "active", AGENCY),
    DemoCreator("xavier", "Xavier Peltier", "xavier.potager", "garden", 2600, "fr", "FR", "Potager de trottoir à Montreuil."),
    DemoCreator("yasmine", "Yasmine Haddad", "yasmine.verte", "garden", 5500, "fr", "FR", "Plantes d'intérieur pour gens qui oublient."),
    DemoCreator("zelie", "Zélie Marchand", "zelie.fleurs", "garden", 3800, "fr", "FR", "Bouquets de saison, prix de saison."),
    DemoCreator("arthur", "Arthur Kowal", "arthur.toits", "garden", 1400, "fr", "FR", "Ruches et tomates sur un toit."),
    DemoCreator("blanche", "Blanche Estève", "blanche.maille", "knitting", 8200, "fr", "FR", "Pulls d'homme pour femmes, et l'inverse."),
    DemoCreator("ciaran", "Ciarán Nolan", "ciaran.knits", "knitting", 4900, "en", "IE", "Aran patterns, slowly, with tea."),
    DemoCreator("doriane", "Doriane Huet", "doriane.laine", "knitting", 2400, "fr", "FR", "Teintures végétales du jardin."),
    DemoCreator("elias", "Elias Lindqvist", "elias.mends", "knitting", 3700, "en", "SE", "Darning as a sport."),
    DemoCreator("flore", "Flore Garnier", "flore.point", "knitting", 1700, "fr", "FR", "Premier bonnet en une soirée."),
    DemoCreator("gilda", "Gilda Moretti", "gilda.lana", "knitting", 5600, "en", "IT", "Nonna's stitches, explained to engineers."),
    DemoCreator("hugo", "Hugo Perrin", "hugo.aiguilles", "knitting", 2000, "fr", "FR", "Je tricote dans le train."),
)  # fmt: skip

SHORT_HAIRED = frozenset(
    [
        "malo",
        "theo",
        "anselme",
        "callum",
        "emre",
        "gaspard",
        "joao",
        "leon",
        "nils",
        "pascal",
        "quentin",
        "simon",
        "ugo",
        "xavier",
        "arthur",
        "ciaran",
        "elias",
        "hugo",
    ]
)
"""Creators whose portraits have short hair; a name alone does not say how somebody looks."""

SHOPPERS = (
    "Sam Petit", "Léa Morin", "Tom Girard", "Yuki Tanaka", "Amina Diallo", "Paul Weber", "Carla Mendes", "Jonas Klein", "Élodie Pons",
    "Marius Blanc", "Nadia Sahli", "Oscar Lund", "Priya Raman", "Quitterie Vidal", "Rémi Castel", "Sofia Rossi", "Tanguy Le Bris",
    "Ursula Hahn", "Valentin Roche", "Wassim Karoui", "Xénia Popa", "Yann Kerbrat", "Zoé Lambert", "Agathe Simon", "Baptiste Noël",
    "Camille Royer", "David O'Hara", "Eva Novak", "Florian Meyer", "Gwen Thomas", "Hélène Caron", "Ivan Petrov", "Julie Arnaud",
    "Karim Bensalem", "Louise Fabre", "Mathis Renard",
)  # fmt: skip

_ADDRESSES = (
    ("14 rue des Tanneurs", "59000", "Lille", "FR"), ("2 rue du Bac", "75007", "Paris", "FR"), ("31 cours Lafayette", "69003", "Lyon", "FR"),
    ("8 quai de la Fosse", "44000", "Nantes", "FR"), ("5 place Kléber", "67000", "Strasbourg", "FR"), ("77 boulevard Longchamp", "13001", "Marseille", "FR"),
    ("19 rue Saint-Michel", "35000", "Rennes", "FR"), ("3 allée des Tilleuls", "31000", "Toulouse", "FR"), ("12 rue de Namur", "1000", "Bruxelles", "BE"),
    ("44 rue Sainte-Catherine", "33000", "Bordeaux", "FR"), ("9 Lindenstrasse", "50674", "Köln", "DE"), ("6 rue du Taur", "34000", "Montpellier", "FR"),
)  # fmt: skip


def address_of(shopper: str) -> ShipTo:
    """Where the parcels of a shopper go: neighbours share a street, nobody a house."""
    neighbour, place = divmod(SHOPPERS.index(shopper), len(_ADDRESSES))
    line1, postcode, city, country = _ADDRESSES[place]
    house, _space, street = line1.partition(" ")
    return ShipTo(name=shopper, line1=f"{int(house) + 2 * neighbour} {street}", postcode=postcode, city=city, country=country)


def email_of(key: str) -> str:
    """The address with which somebody of the demo signs in."""
    return f"{key}@fanfare.example"


def shopper_key(name: str) -> str:
    """`Léa Morin` signs in as `lea`."""
    plain = str.maketrans("éèêëàâîïôöùûüç", "eeeeaaiioouuuc")
    return name.split(maxsplit=1)[0].lower().translate(plain)
