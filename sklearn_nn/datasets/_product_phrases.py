"""What sellers write around their products, in five languages.

`OPENERS`, `LINKS` and `ENDS` frame two terms into a sentence about the product;
`GENERIC` are sentences that fit any product and say nothing of its category.
"""

ADJECTIVES = {
    "fr": "neuf, occasion, très bon état, original, grand modèle, pas cher, nouveau, "
    "rare, idéal cadeau, noir, blanc, rouge, bleu, professionnel, vintage, premium",
    "en": "new, used, very good condition, original, large, cheap, rare, black, "
    "white, red, blue, professional, vintage, premium",
    "de": "neu, gebraucht, sehr guter Zustand, original, groß, günstig, schwarz, weiß, "
    "rot, blau, hochwertig",
    "es": "nuevo, usado, muy buen estado, original, grande, barato, negro, blanco, "
    "rojo",
    "it": "nuovo, usato, ottimo stato, originale, grande, economico, nero, bianco, "
    "rosso",
}

OPENERS = {
    "fr": "Découvrez notre|Voici un modèle de|Craquez pour ce produit :|Vente de|"
    "Ce produit de type|À saisir :|Offrez-vous|Nous vous proposons|Caractéristiques :|"
    "Faites-vous plaisir avec|Contenu du colis :|Marque réputée pour",
    "en": "Discover our|This is a|Great deal on this|For sale:|You will love this|"
    "Package contents:|Features:|We offer you this",
    "de": "Entdecken Sie|Hier ist ein|Zu verkaufen:|Sie werden dies lieben:|"
    "Lieferumfang:|Merkmale:",
    "es": "Descubra nuestro|Se vende|Le ofrecemos|Contenido del paquete:|"
    "Características:",
    "it": "Scopri il nostro|In vendita:|Ti offriamo|Contenuto della confezione:|"
    "Caratteristiche:",
}

LINKS = {
    "fr": "avec|et|ainsi que|parfait pour|idéal avec|de style|pour les amateurs de|"
    "à ne pas confondre avec|compatible avec|inspiré par",
    "en": "with|and|as well as|perfect for|for lovers of|not to be confused with|"
    "compatible with",
    "de": "mit|und|sowie|perfekt für|für Liebhaber von|kompatibel mit",
    "es": "con|y|así como|perfecto para|para los amantes de",
    "it": "con|e|oltre a|perfetto per|per gli amanti di",
}

ENDS = {
    "fr": "de très bonne qualité.|pour toute la famille.|au meilleur prix.|"
    "à petit prix.|livré rapidement.|facile à utiliser.|qui plaira à tous.|"
    "dans son emballage.",
    "en": "of very good quality.|for the whole family.|at the best price.|easy to use.|"
    "that everyone will like.|in its original box.",
    "de": "in sehr guter Qualität.|für die ganze Familie.|zum besten Preis.|"
    "einfach zu benutzen.",
    "es": "de muy buena calidad.|para toda la familia.|al mejor precio.|fácil de usar.",
    "it": "di ottima qualità.|per tutta la famiglia.|al miglior prezzo.|"
    "facile da usare.",
}

GENERIC = {
    "fr": "Livraison rapide et soignée.|Envoi sous 24 heures, avec suivi.|"
    "Merci de lire la description avant d'acheter.|Photo non contractuelle.|"
    "Produit neuf, jamais utilisé.|Bon état général, quelques traces d'usage.|"
    "N'hésitez pas à poser vos questions.|Satisfait ou remboursé pendant 14 jours.|"
    "Les couleurs peuvent varier légèrement d'un écran à l'autre.|"
    "Remise en main propre possible à Lyon.|Frais de port offerts dès 2 articles.|"
    "Un cadeau original pour les fêtes et les anniversaires.|"
    "Notre équipe vous répond du lundi au vendredi.|Garantie constructeur de 2 ans.|"
    "Regardez mes autres annonces pour grouper vos achats.|"
    "Ne convient pas aux enfants de moins de 36 mois.|Matériau solide et durable.|"
    "Dimensions approximatives, à quelques centimètres près.|"
    "Référence disponible en plusieurs coloris.|Vendu sans les accessoires présentés.",
    "en": "Fast and careful delivery.|Shipped within 24 hours, with tracking.|"
    "Please read the description before buying.|The picture is not contractual.|"
    "Brand new, never used.|Good overall condition, some signs of wear.|"
    "Do not hesitate to ask your questions.|Money back within 14 days.|"
    "Colours may vary slightly from one screen to another.|Two year warranty.|"
    "An original gift for holidays and birthdays.|Strong and durable material.|"
    "Not suitable for children under 36 months.|Sold without the accessories shown.",
    "de": "Schnelle und sorgfältige Lieferung.|Versand innerhalb von 24 Stunden.|"
    "Bitte lesen Sie vor dem Kauf die Beschreibung.|Neu und unbenutzt.|"
    "Guter Zustand mit leichten Gebrauchsspuren.|Zwei Jahre Garantie.|"
    "Ein originelles Geschenk zum Geburtstag.|Nicht für Kinder unter 36 Monaten.",
    "es": "Entrega rápida y cuidadosa.|Enviado en 24 horas con seguimiento.|"
    "Lea la descripción antes de comprar.|Nuevo, nunca usado.|Garantía de dos años.|"
    "Buen estado general, con signos de uso.|Un regalo original para cumpleaños.",
    "it": "Consegna rapida e accurata.|Spedito entro 24 ore con tracciamento.|"
    "Leggere la descrizione prima di acquistare.|Nuovo, mai usato.|"
    "Buono stato, con segni di usura.|Garanzia di due anni.|"
    "Un regalo originale per i compleanni.",
}

# Two syllables make the name of a brand, of an author or of a hero. All invented.
BRAND_STARTS = (
    "Vel, Nor, Kal, Tri, Bru, Sol, Mar, Zen, Fa, Lu, Or, Pel, Gri, Hal, Ju, Dra, Ver, "
    "Om, Cas, Bel"
)
BRAND_ENDS = (
    "tra, dika, mont, vio, zo, lune, tech, ria, nova, dor, pix, line, sson, berg, "
    "elli, max, way, ora, ino, quet"
)
