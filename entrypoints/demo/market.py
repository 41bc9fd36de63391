"""The believable market of `make demo`: brands, products, creators, briefs. Nobody here exists."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoProduct:
    """`kind` names the drawing; prices in cents incl. VAT; `was` is 0 without a former price."""

    title: str
    kind: str
    price: int
    stock: int
    was: int = 0
    text: str = ""


@dataclass(frozen=True)
class DemoBrief:
    """`commission` in basis points, `fee` in cents a show."""

    title: str
    summary: str
    wanted: str
    commission: int
    fee: int
    hold_days: int
    window_days: int = 14
    samples: bool = True
    language: str = "fr"
    places: int = 6


@dataclass(frozen=True)
class DemoBrand:
    """A brand with its owner, its ten products and its briefs. `trade` and `palette` are those of the drawings."""

    slug: str
    name: str
    tagline: str
    about: str
    trade: str
    palette: str
    owner: str
    products: tuple[DemoProduct, ...]
    briefs: tuple[DemoBrief, ...]


BRANDS: tuple[DemoBrand, ...] = (
    DemoBrand(
        "cuivre-et-sel",
        "Cuivre & Sel",
        "Copper that stays for life",
        "A workshop of nine people near Villedieu. We spin, hammer and tin copper pans, and we take every one of them back for retinning.",
        "kitchen",
        "copper",
        "Ada Cuivre",
        (
            DemoProduct(
                "Saucepan Alma 16 cm",
                "saucepan",
                5900,
                60,
                7900,
                "Tinned copper, brass handle, 1.2 litres. Works on gas, ceramic and, with its disc, on induction.",
            ),
            DemoProduct("Skillet Nora 26 cm", "skillet", 8900, 44, 0, "Two millimetres of copper: the heat follows your hand."),
            DemoProduct(
                "Sauté pan Odile 24 cm", "saute_pan", 11900, 30, 13900, "High sides, tight lid, made for sauces that wait."
            ),
            DemoProduct("Stockpot Marthe 6 l", "stockpot", 16900, 18, 0, "For the Sunday broth and eight guests."),
            DemoProduct("Whisk Éole", "whisk", 1900, 140, 0, "Eleven wires, olive wood."),
            DemoProduct("Guérande salt jar", "salt_jar", 1400, 160, 0, "Grey salt in a lidded jar that keeps it damp."),
            DemoProduct("Chef's knife 20 cm", "knife", 7400, 50, 8900, "Forged in Thiers, holm oak handle."),
            DemoProduct("Ladle Bastien", "ladle", 2900, 90, 0, "Half a decilitre, exactly."),
            DemoProduct("Walnut board", "board", 4200, 70, 0, "End grain, oiled twice, with a juice groove."),
            DemoProduct("Pepper mill Paulette", "mill", 3600, 85, 0, "Steel burrs, seven grinds."),
        ),
        (
            DemoBrief(
                "Three sauces, five pans",
                "Cook three sauces live and show what copper does that steel does not.",
                "Hosts who cook every week. A gas hob helps; a big audience does not matter.",
                1000,
                12000,
                7,
            ),
            DemoBrief(
                "Knives: sharpen, then cook",
                "Ninety minutes from a dull blade to a tartare.",
                "Somebody who sharpens their own knives and can explain it.",
                1200,
                0,
                7,
            ),
        ),
    ),
    DemoBrand(
        "maison-amande",
        "Maison Amande",
        "Skin care with a short list",
        "Creams and oils with at most nine ingredients, made each week in Aix. Nothing leaves the lab before it has rested ten days.",
        "care",
        "almond",
        "Bruno Velours",
        (
            DemoProduct("Night cream 50 ml", "cream_jar", 3400, 120, 4200, "Almond butter, oats, nothing that shouts."),
            DemoProduct("Face oil 30 ml", "oil_bottle", 2900, 110, 0, "Four drops, pressed in on damp skin."),
            DemoProduct("Body lotion 250 ml", "pump_lotion", 2400, 130, 0, "Sinks in before the kettle boils."),
            DemoProduct("Almond milk soap", "soap", 900, 300, 0, "Cold-made, cured for six weeks."),
            DemoProduct("Lip balm stick", "balm_stick", 700, 320, 0, "No scent, no taste, no shine."),
            DemoProduct("Winter hand cream", "hand_tube", 1300, 240, 1600, "For gloves, bikes and dish water."),
            DemoProduct("Eau de verger", "perfume", 5600, 45, 0, "Fig leaf, bark, a little smoke."),
            DemoProduct("Candle Soir d'Aix", "candle", 2700, 80, 0, "Forty hours, cotton wick."),
            DemoProduct("Clay mask tin", "mask_tin", 1800, 150, 0, "Pink clay, five minutes, no longer."),
            DemoProduct("Beech body brush", "brush", 1500, 100, 0, "Dry skin, upward strokes, then a shower."),
        ),
        (
            DemoBrief(
                "Winter hands",
                "Three shows in December about hands that work outside.",
                "People whose hands show it: gardeners, cyclists, potters.",
                1800,
                15000,
                14,
            ),
            DemoBrief(
                "The five-minute evening",
                "A whole evening routine in five real minutes, live.",
                "Calm voices. No filters, and we mean it.",
                1500,
                0,
                14,
                7,
            ),
        ),
    ),
    DemoBrand(
        "roue-libre",
        "Roue Libre",
        "Everything for the ride to work",
        "We ride every day of the year in Nantes and make what we missed: lights that last, bags that stay shut, gloves for brakes.",
        "cycling",
        "petrol",
        "Gaël Roussel",
        (
            DemoProduct(
                "Front light Phare 70 lux",
                "lamp",
                6400,
                80,
                7900,
                "Nine hours on one charge, and it never blinds who comes towards you.",
            ),
            DemoProduct("Pannier Quai 18 l", "pannier", 8900, 55, 0, "Welded seams, one-hand hook, shut by rolling."),
            DemoProduct("Helmet Venelle", "helmet", 7900, 60, 9500, "In-mould shell, magnetic buckle, a visor that comes off."),
            DemoProduct("Brass bell Ding", "bell", 1600, 220, 0, "Turned from one piece. Heard, not feared."),
            DemoProduct("Floor pump Souffle", "pump", 3900, 75, 0, "Eight bars in fourteen strokes, both valves."),
            DemoProduct(
                "Folding lock Écluse", "lock", 6900, 50, 8200, "Hardened links, 85 cm, with a mount that does not rattle."
            ),
            DemoProduct("Leather saddle Loire", "saddle", 9900, 32, 0, "Vegetable tanned in Cholet, broken in after 200 km."),
            DemoProduct("Steel flask 60 cl", "flask", 2400, 130, 0, "Hot for nine hours, fits every cage."),
            DemoProduct("Multitool Douze", "multitool", 2900, 140, 0, "Twelve tools, chain breaker included, 140 g."),
            DemoProduct("Front wheel with dynamo", "wheel", 15900, 20, 18900, "Hand built, 36 spokes, light without batteries."),
        ),
        (
            DemoBrief(
                "Commuters, any audience size",
                "Show your ride to work and what you carry.",
                "You ride in the rain. That is the whole requirement.",
                1200,
                0,
                7,
            ),
            DemoBrief(
                "Fix a flat in four minutes",
                "A repair, a stopwatch, a rear wheel.",
                "Workshop people and patient teachers.",
                1000,
                8000,
                7,
            ),
        ),
    ),
    DemoBrand(
        "pixel-noble",
        "Pixel Noble",
        "Board games for tired evenings",
        "Games of under forty minutes with rules on one page, drawn and printed in Lyon.",
        "tabletop",
        "royal",
        "Solène Prat",
        (
            DemoProduct(
                "Keep and Moat",
                "castle_game",
                3400,
                110,
                3900,
                "Build a castle together, then defend it against each other. 35 minutes.",
            ),
            DemoProduct(
                "The Last Dragonling",
                "dragon_game",
                2900,
                120,
                0,
                "A dragon learns to fly before winter. Co-operative, from seven years.",
            ),
            DemoProduct("Trade Winds", "ship_game", 3900, 70, 0, "Three harbours, one wind, and cards that blow away."),
            DemoProduct("Belote deluxe", "cards", 1200, 300, 0, "Linen finish, courts drawn by hand."),
            DemoProduct("Dice set Nébuleuse", "dice_set", 1800, 190, 0, "Seven dice cast in resin, balanced one by one."),
            DemoProduct("Wooden pawns, 24", "pawns", 1500, 160, 0, "Beech, eight colours, for the games that lost theirs."),
            DemoProduct("Travel chess", "chess", 4500, 48, 5400, "Magnetic, folds to the size of a paperback."),
            DemoProduct("Puzzle Lyon by night", "puzzle", 2600, 85, 0, "1,000 pieces, and no two of the same shape."),
            DemoProduct("Tower of Babble", "tower", 2200, 140, 0, "Stack words, not blocks. Louder than it looks."),
            DemoProduct("Meeple bag", "meeple_bag", 900, 240, 0, "Cotton, drawn by a cord, holds every meeple you own."),
        ),
        (
            DemoBrief(
                "Family board games, French or English",
                "Play one whole game live and let the chat vote on your moves.",
                "Good losers.",
                1500,
                9000,
                7,
            ),
        ),
    ),
    DemoBrand(
        "terre-douce",
        "Terre Douce",
        "Small gardens, big harvests",
        "Seeds, tools and pots for balconies. We grow what we sell on four roofs in Montreuil.",
        "garden",
        "fern",
        "Lila Bonnet",
        (
            DemoProduct("Herb pot trio", "herb_pot", 2700, 120, 3200, "Basil, thyme and chives, already rooted."),
            DemoProduct("Monstera Adèle", "monstera", 3900, 40, 0, "60 cm, three split leaves, ships in its own crate."),
            DemoProduct("Cactus in clay", "cactus", 1400, 150, 0, "Forgives everything but love."),
            DemoProduct("Watering can 2 l", "watering_can", 3100, 80, 0, "Long spout, brass rose, made for balconies."),
            DemoProduct("Secateurs Serpe", "secateurs", 3600, 65, 4400, "Forged in Nogent, can be taken apart and sharpened."),
            DemoProduct(
                "Seeds for bees", "seed_packet", 500, 500, 0, "Thirty flowers from Montreuil, sown in four square metres."
            ),
            DemoProduct("Trowel Truelle", "trowel", 1900, 110, 0, "Ash handle, rust-proof blade with a scale."),
            DemoProduct("Raised bed 80 × 40", "raised_bed", 6900, 35, 0, "Douglas fir, no screws, up in ten minutes."),
            DemoProduct("Brass mister", "mister", 2300, 95, 0, "A mist as fine as breath."),
            DemoProduct("Hanging fern", "hanging_fern", 2900, 55, 0, "With its macramé, for the bathroom window."),
        ),
        (
            DemoBrief(
                "A balcony in an hour",
                "Plant a whole balcony live, from empty pots to watering.",
                "City gardeners with a camera that can get dirty.",
                1400,
                6000,
                14,
            ),
        ),
    ),
    DemoBrand(
        "maille-haute",
        "Maille Haute",
        "Knitwear and the wool to mend it",
        "Jumpers from French merino, sold with a skein of the same wool, because elbows wear out.",
        "knitting",
        "berry",
        "Édith Carrel",
        (
            DemoProduct(
                "Merino jumper Cévennes",
                "jumper",
                11900,
                45,
                14900,
                "One thread, no seams, and a skein of it to mend the elbows.",
            ),
            DemoProduct("Beanie Aubrac", "beanie", 3400, 130, 0, "Double ribs, warm when wet."),
            DemoProduct("Scarf Larzac", "scarf", 5400, 85, 0, "Two metres, brushed, dyed with madder."),
            DemoProduct("Socks for boots", "socks", 1900, 260, 2400, "Terry sole, hand-linked toes."),
            DemoProduct("Mittens Causse", "mittens", 3200, 95, 0, "Lined with fleece, thumb for the phone."),
            DemoProduct("Skein of merino 100 g", "wool", 1400, 320, 0, "Undyed or in eleven colours, 220 m."),
            DemoProduct("Cardigan Margeride", "cardigan", 13900, 28, 0, "Horn buttons, pockets that hold a ball of wool."),
            DemoProduct("Blanket Vallée", "blanket", 9900, 30, 12500, "Woven in Castres, 130 by 180."),
            DemoProduct("Bamboo needles, set", "needles", 2100, 110, 0, "Six pairs in a roll of canvas."),
            DemoProduct("Slipover Garrigue", "slipover", 7900, 40, 0, "For shirts, desks and second breakfasts."),
        ),
        (
            DemoBrief(
                "Mend, don't bin", "Darn an elbow in front of everybody.", "Hands that knit. Faces are optional.", 1600, 0, 7
            ),
        ),
    ),
)
