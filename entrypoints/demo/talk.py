"""What people say in the rooms of the demo: questions with the host's answers, and what is said between."""

from __future__ import annotations

ASKED: dict[str, tuple[tuple[str, str], ...]] = {
    "kitchen": (
        ("Does it work on induction?", "Yes, with its disc. Copper alone does not, it is not magnetic."),
        ("Comment on l'entretient ?", "Une moitié de citron, du gros sel, rincer, sécher. Deux minutes."),
        ("Is the tin lining safe if it wears off?", "Safe, yes, but bring it back: retinning is free once."),
        ("Can it go in the dishwasher?", "Please do not. It would come out the colour of regret."),
        ("Ça chauffe vraiment plus vite ?", "Regardez le beurre : quinze secondes. L'inox me fait attendre une minute."),
        ("What size for two people?", "16 cm for sauces, 26 for everything you sear."),
        ("Le manche chauffe ?", "Le laiton tiédit, je le tiens encore après dix minutes, voyez."),
        ("My sauce always splits, why?", "Too hot, too fast. Off the fire, one spoon of cold water, whisk."),
        ("Livraison avant Noël ?", "Oui, tout ce qui est commandé ce soir part lundi."),
        ("How heavy is the skillet?", "1.9 kilos. You can hear it on the table."),
    ),
    "care": (
        ("Ça convient aux peaux très réactives ?", "Neuf ingrédients, sans parfum. Essayez d'abord au creux du bras."),
        ("Is the balm vegan?", "It has beeswax, so no. The oil is."),
        ("Combien de temps dure le pot ?", "Deux mois si on ne se tartine pas comme moi ce soir."),
        ("Morning or night?", "Night. In the morning only two drops of oil."),
        ("Ça colle ?", "Trente secondes, puis plus rien. Je touche mon téléphone, regardez."),
        ("Do you ship to Belgium?", "Yes, three days."),
    ),
    "cycling": (
        ("Elle tient combien d'heures ?", "Neuf en mode ville, cinq à pleine puissance. J'ai chronométré."),
        ("Is the pannier really waterproof?", "I put it under the tap in front of you. Dry paper inside."),
        ("Ça se monte sur un porte-bagages fin ?", "De 8 à 16 mm, avec les cales."),
        ("How do you not get a flat every week?", "Pressure every Sunday, and look at your tyres after glass."),
        ("Le cadenas, il tient à la disqueuse ?", "Rien ne tient à la disqueuse. Celui-ci tient assez longtemps."),
        ("Does the helmet fit over a cap?", "A thin one, yes."),
    ),
    "tabletop": (
        ("From what age?", "Seven if they can wait for their turn. Ten if they cannot."),
        ("On peut y jouer à deux ?", "Oui, et c'est même plus méchant."),
        ("How long is one game really?", "Thirty-five minutes. My record is two hours, do not ask."),
        ("Les règles sont en français ?", "En français et en anglais, une page chacune."),
        ("Is it fun with people who hate games?", "They are the best. They have nothing to lose."),
    ),
    "garden": (
        ("Does it survive frost?", "The thyme does. The basil has never survived me either."),
        ("Plein nord, ça marche ?", "Ciboulette et menthe, oui. Je suis plein nord."),
        ("How often do you water?", "When the first centimetre is dry. Put your finger in, it is allowed."),
        ("Les graines, on les sème quand ?", "En mars, ou maintenant dans le bac si vous couvrez."),
        ("Will slugs climb to the third floor?", "They take the lift. Copper tape helps."),
    ),
    "knitting": (
        ("Ça gratte ?", "Non, 19 microns. Je l'ai mis à même la peau pour vous répondre."),
        ("Which needles for a beginner?", "Bamboo, 5 mm. They forgive."),
        ("On peut le laver en machine ?", "Programme laine, à froid, et jamais le sèche-linge."),
        ("How many skeins for a hat?", "One, and enough left for a pompom you do not need."),
        ("Vous l'envoyez en Allemagne ?", "Oui, et la pelote de réparation est dans le colis."),
    ),
}

SAID = (
    "Bonsoir tout le monde", "Hello from Lille", "Premier live pour moi, coucou", "The sound is perfect tonight", "J'adore ce format",
    "This is so calming", "Je l'ai offert à ma mère, elle ne s'en sépare plus", "Just ordered, thank you", "Trop beau ce plan",
    "Can you show it closer to the camera?", "Commandé la semaine dernière, reçu en deux jours", "Mine is three years old and still perfect",
    "Quelqu'un l'a déjà depuis longtemps ?", "I am cooking along at home", "Le prix barré, c'est celui d'avant ?", "Merci pour les explications",
    "You make it look easy", "Je reviens, le four sonne", "Same here", "Ça me donne faim", "Greetings from Dublin", "Enfin quelqu'un qui explique",
    "Adding to my list for Christmas", "On voit bien, merci", "Wow", "Ha", "C'est noté", "Best hour of my week",
)  # fmt: skip

GREETINGS = {"en": "Good evening everybody, we are live. Ask whenever you like.", "fr": "Bonsoir à toutes et à tous, c'est parti. Posez vos questions quand vous voulez."}  # fmt: skip
PINNED = {"en": "This is the one on your screen: {title}.", "fr": "C'est celui que vous voyez à l'écran : {title}."}
GOODBYES = {
    "en": "Thank you all. The replay stays, and so does the shop.",
    "fr": "Merci à tous. Le replay reste, la boutique aussi.",
}

HELD_WORDS = ("arnaque", "scam", "whatsapp", "contrefacon")
REFUSED_WORDS = ("connard", "asshole")
DOUBTS = (
    "C'est une arnaque ou ils retament vraiment gratuitement ?",
    "Is this a scam or is the price real?",
    "Write me on whatsapp for cheaper ones",
)

RETURNED = {"withdrawal": "Changed their mind, came back unopened.", "damaged": "A dent from the journey; photo received.", "goodwill": "Late by four days, a part of the price back."}  # fmt: skip

REASONS = {
    "advertising": "Advertising for something else; the second time tonight.",
    "off_topic": "Written again and again under every product.",
}
