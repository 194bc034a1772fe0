"""What sellers call their products: words of 27 categories in five languages.

Each category has its name, its family (categories that share a part of their words)
and its own terms, the most frequent ones first. The order interleaves the families,
so that the first few categories are easy to tell apart and later ones are not.
"""

from typing import NamedTuple

LANGUAGES = ("fr", "en", "de", "es", "it")


class Category(NamedTuple):
    """A category of products; a field per language, terms separated by commas."""

    name: str
    family: str
    fr: str
    en: str
    de: str
    es: str
    it: str


CATEGORIES = (
    Category(
        "furniture",
        "home",
        "table, chaise, armoire, commode, canapé, buffet, lit, étagère, bureau, "
        "tabouret, fauteuil, meuble TV, tête de lit, banc, chevet",
        "table, chair, wardrobe, sofa, shelf, desk, stool, bookcase, nightstand",
        "Tisch, Stuhl, Schrank, Sofa, Regal, Kommode, Hocker",
        "mesa, silla, armario, sofá, estantería, cómoda",
        "tavolo, sedia, armadio, divano, libreria, comò",
    ),
    Category(
        "new books",
        "print",
        "roman, livre, essai, biographie, dictionnaire, guide, manuel, atlas, poésie, "
        "recueil, thriller, conte, mémoires, précis, anthologie",
        "novel, book, biography, guide, handbook, poetry, thriller, dictionary, essay",
        "Roman, Buch, Biografie, Ratgeber, Wörterbuch, Lyrik, Krimi",
        "novela, libro, biografía, guía, diccionario, poesía",
        "romanzo, libro, biografia, guida, dizionario, poesia",
    ),
    Category(
        "swimming pools",
        "garden",
        "piscine, liner, filtre à sable, bâche, robot de piscine, chlore, skimmer, "
        "pompe, spa gonflable, échelle, épuisette, margelle, pH moins, hivernage",
        "pool, liner, sand filter, cover, chlorine, skimmer, pump, ladder, hot tub",
        "Pool, Sandfilter, Abdeckplane, Chlor, Skimmer, Pumpe, Whirlpool",
        "piscina, depuradora, lona, cloro, skimmer, escalera",
        "piscina, filtro a sabbia, telo, cloro, pompa, scaletta",
    ),
    Category(
        "video games",
        "gaming",
        "jeu vidéo, jeu de course, jeu de rôle, jeu de tir, édition collector, "
        "aventure, simulation, plateforme, monde ouvert, steelbook, jeu de sport",
        "video game, racing game, role-playing game, shooter, platformer, open world, "
        "collector edition, sports game",
        "Videospiel, Rennspiel, Rollenspiel, Shooter, Sammleredition, Simulation",
        "videojuego, juego de carreras, juego de rol, edición coleccionista",
        "videogioco, gioco di corse, gioco di ruolo, edizione da collezione",
    ),
    Category(
        "figurines",
        "collect",
        "figurine, statuette, héros, dragon, chevalier, buste, diorama, personnage, "
        "série limitée, elfe, samouraï, robot géant, sorcière, socle",
        "figure, statue, hero, dragon, knight, bust, character, limited series, elf",
        "Figur, Statue, Held, Drache, Ritter, Büste, Elfe",
        "figura, estatua, héroe, dragón, caballero, elfo",
        "statuetta, eroe, drago, cavaliere, busto, elfo",
    ),
    Category(
        "baby care",
        "baby",
        "poussette, biberon, siège auto, couche, tétine, babyphone, body, bavoir, "
        "transat, gigoteuse, tire-lait, porte-bébé, matelas à langer, chauffe-biberon",
        "stroller, baby bottle, car seat, nappy, pacifier, baby monitor, bib, bouncer",
        "Kinderwagen, Babyflasche, Kindersitz, Windel, Schnuller, Lätzchen",
        "cochecito, biberón, silla de coche, pañal, chupete, babero",
        "passeggino, biberon, seggiolino, pannolino, ciuccio, bavaglino",
    ),
    Category(
        "pet supplies",
        "daily",
        "croquettes, collier, laisse, litière, aquarium, griffoir, panier, gamelle, "
        "cage, harnais, arbre à chat, os à mâcher, niche, brosse, foin",
        "dog food, collar, leash, litter, aquarium, scratching post, bowl, harness",
        "Hundefutter, Halsband, Leine, Katzenstreu, Aquarium, Kratzbaum, Napf",
        "pienso, collar, correa, arena para gatos, acuario, rascador",
        "crocchette, collare, guinzaglio, lettiera, acquario, tiragraffi",
    ),
    Category(
        "bedding",
        "home",
        "housse de couette, drap housse, taie, oreiller, couette, parure de lit, "
        "plaid, coussin, traversin, couvre-lit, jeté de canapé, surmatelas, alèse",
        "duvet cover, fitted sheet, pillowcase, pillow, quilt, bedspread, cushion",
        "Bettwäsche, Spannbettlaken, Kissenbezug, Kissen, Decke, Überwurf",
        "funda nórdica, sábana, almohada, colcha, cojín, manta",
        "copripiumino, lenzuolo, federa, cuscino, trapunta, coperta",
    ),
    Category(
        "board games",
        "play",
        "jeu de société, jeu de plateau, dés, pions, puzzle, dominos, échecs, quiz, "
        "jeu d'ambiance, casse-tête, sablier, jeu coopératif, loto, extension",
        "board game, dice, pawns, puzzle, dominoes, chess, quiz, expansion, party game",
        "Brettspiel, Würfel, Puzzle, Domino, Schach, Quiz, Erweiterung",
        "juego de mesa, dados, puzle, dominó, ajedrez, expansión",
        "gioco da tavolo, dadi, puzzle, domino, scacchi, espansione",
    ),
    Category(
        "stationery",
        "daily",
        "cahier, stylo, classeur, agenda, trousse, carnet, feutre, ramette, cartable, "
        "surligneur, gomme, chemise, calculatrice, bloc-notes, équerre",
        "notebook, pen, binder, planner, pencil case, marker, paper ream, highlighter",
        "Heft, Kugelschreiber, Ordner, Kalender, Mäppchen, Filzstift, Ranzen",
        "cuaderno, bolígrafo, archivador, agenda, estuche, rotulador",
        "quaderno, penna, raccoglitore, agenda, astuccio, pennarello",
    ),
    Category(
        "garden tools",
        "garden",
        "tondeuse, sécateur, taille-haie, arrosoir, tuyau, pelle, râteau, brouette, "
        "tronçonneuse, souffleur, bêche, débroussailleuse, semoir, composteur",
        "lawn mower, secateurs, hedge trimmer, watering can, hose, spade, rake, "
        "wheelbarrow, chainsaw",
        "Rasenmäher, Gartenschere, Heckenschere, Gießkanne, Schlauch, Spaten, Rechen",
        "cortacésped, tijeras de podar, regadera, manguera, pala, rastrillo",
        "tosaerba, cesoie, annaffiatoio, tubo, vanga, rastrello",
    ),
    Category(
        "consoles",
        "gaming",
        "console, console portable, pack console, console de salon, disque dur 500 Go, "
        "bundle, console blanche, édition spéciale, mini console, station d'accueil",
        "console, handheld console, console bundle, home console, special edition, "
        "dock",
        "Konsole, Handheld, Konsolenpaket, Heimkonsole, Sonderedition",
        "consola, consola portátil, pack de consola, edición especial",
        "console, console portatile, pacchetto console, edizione speciale",
    ),
    Category(
        "toys",
        "play",
        "poupée, peluche, briques, petite voiture, dînette, déguisement, cubes, "
        "marionnette, circuit, jouet en bois, garage, pâte à modeler, toupie, château",
        "doll, plush, building bricks, toy car, dress-up costume, blocks, puppet",
        "Puppe, Plüschtier, Bausteine, Spielzeugauto, Kostüm, Kreisel",
        "muñeca, peluche, bloques, coche de juguete, disfraz, peonza",
        "bambola, peluche, mattoncini, macchinina, costume, trottola",
    ),
    Category(
        "magazines",
        "print",
        "magazine, revue, numéro, journal, hebdomadaire, mensuel, hors-série, "
        "supplément, gazette, almanach, une de presse, abonnement, fascicule",
        "magazine, issue, journal, weekly, monthly, special issue, newspaper",
        "Zeitschrift, Ausgabe, Heft, Wochenblatt, Sonderheft, Zeitung",
        "revista, número, semanario, mensual, periódico, suplemento",
        "rivista, numero, settimanale, mensile, giornale, supplemento",
    ),
    Category(
        "fine food",
        "daily",
        "chocolat, confiture, thé, café, miel, huile d'olive, biscuits, épices, "
        "bonbons, terrine, caramels, sirop, nougat, coffret gourmand, moutarde",
        "chocolate, jam, tea, coffee, honey, olive oil, biscuits, spices, sweets",
        "Schokolade, Marmelade, Tee, Kaffee, Honig, Olivenöl, Kekse",
        "chocolate, mermelada, té, café, miel, aceite de oliva",
        "cioccolato, marmellata, tè, caffè, miele, olio d'oliva",
    ),
    Category(
        "decoration",
        "home",
        "cadre, vase, bougie, lampe, tableau, miroir, tapis, horloge, guirlande, "
        "sticker mural, statue déco, rideau, photophore, suspension, housse de coussin",
        "frame, vase, candle, lamp, canvas, mirror, rug, clock, garland, curtain",
        "Rahmen, Vase, Kerze, Lampe, Wandbild, Spiegel, Teppich, Uhr",
        "marco, jarrón, vela, lámpara, cuadro, espejo, alfombra",
        "cornice, vaso, candela, lampada, quadro, specchio, tappeto",
    ),
    Category(
        "radio-controlled models",
        "collect",
        "drone, voiture télécommandée, hélicoptère, batterie LiPo, télécommande, "
        "hélice, moteur brushless, avion RC, maquette, châssis, buggy, servo, 1:10",
        "drone, RC car, helicopter, LiPo battery, remote control, propeller, brushless",
        "Drohne, RC-Auto, Hubschrauber, Akku, Fernsteuerung, Propeller",
        "dron, coche teledirigido, helicóptero, batería, mando, hélice",
        "drone, auto radiocomandata, elicottero, batteria, telecomando, elica",
    ),
    Category(
        "game accessories",
        "gaming",
        "manette, casque gamer, câble HDMI, housse, chargeur, volant, carte mémoire, "
        "support, batterie, coque, grips, adaptateur, tapis de souris, dragonne",
        "controller, gaming headset, HDMI cable, case, charger, steering wheel, stand",
        "Controller, Headset, Kabel, Schutzhülle, Ladegerät, Lenkrad",
        "mando, auriculares, cable, funda, cargador, volante",
        "controller, cuffie, cavo, custodia, caricatore, volante",
    ),
    Category(
        "garden furniture",
        "garden",
        "salon de jardin, table, chaise longue, parasol, tonnelle, transat, banc, "
        "hamac, fauteuil, balancelle, pergola, desserte, coussin d'extérieur, chaise",
        "patio set, table, deckchair, parasol, gazebo, bench, hammock, chair",
        "Gartenmöbel, Tisch, Liegestuhl, Sonnenschirm, Pavillon, Bank, Stuhl",
        "muebles de jardín, mesa, tumbona, sombrilla, cenador, silla",
        "mobili da giardino, tavolo, sdraio, ombrellone, gazebo, sedia",
    ),
    Category(
        "comics",
        "print",
        "bande dessinée, manga, tome, album, intégrale, planche, comics, coffret BD, "
        "série complète, fanzine, dessin, shonen, bulle, one-shot",
        "comic, manga, volume, graphic novel, omnibus, series, strip, box set",
        "Comic, Manga, Band, Album, Gesamtausgabe, Reihe",
        "cómic, manga, tomo, álbum, integral, historieta",
        "fumetto, manga, volume, albo, integrale, serie",
    ),
    Category(
        "kitchenware",
        "home",
        "poêle, casserole, couteau, moule, assiette, tasse, cocotte, planche, verre, "
        "saladier, théière, passoire, mixeur, batterie de cuisine, plat à four",
        "frying pan, saucepan, knife, baking tin, plate, mug, casserole, glass, bowl",
        "Pfanne, Topf, Messer, Backform, Teller, Tasse, Schüssel",
        "sartén, cacerola, cuchillo, molde, plato, taza, olla",
        "padella, pentola, coltello, stampo, piatto, tazza, ciotola",
    ),
    Category(
        "trading cards",
        "collect",
        "carte, booster, deck, carte rare, héros, dragon, chevalier, display, holo, "
        "classeur à cartes, personnage, série limitée, elfe, full art, starter",
        "card, booster, deck, rare card, hero, dragon, knight, limited series, holo",
        "Karte, Booster, Deck, Held, Drache, Ritter, Sammelkarte",
        "carta, sobre, mazo, héroe, dragón, caballero, cromo",
        "carta, bustina, mazzo, eroe, drago, cavaliere, figurina",
    ),
    Category(
        "children's clothing",
        "baby",
        "chaussettes, pyjama, body, robe, bonnet, manteau, t-shirt enfant, bavoir, "
        "legging, chaussons, gilet, salopette, maillot de bain, gants, gigoteuse",
        "socks, pyjamas, dress, beanie, coat, kids t-shirt, leggings, bib, slippers",
        "Socken, Schlafanzug, Kleid, Mütze, Jacke, Kinder-Shirt, Lätzchen",
        "calcetines, pijama, vestido, gorro, abrigo, camiseta, babero",
        "calzini, pigiama, vestito, berretto, cappotto, maglietta, bavaglino",
    ),
    Category(
        "retro games",
        "gaming",
        "cartouche, jeu vidéo, notice, jeu rétro, 8 bits, 16 bits, aventure, import "
        "japonais, jeu de rôle, sans boîte, plateforme, collection, loose, simulation",
        "cartridge, video game, retro game, 16-bit, manual, platformer, loose, import",
        "Modul, Videospiel, Retro-Spiel, 16-Bit, Anleitung, Rollenspiel",
        "cartucho, videojuego, juego retro, 16 bits, manual, juego de rol",
        "cartuccia, videogioco, gioco retro, 16 bit, manuale, gioco di ruolo",
    ),
    Category(
        "outdoor games",
        "play",
        "trampoline, balançoire, toboggan, ballon, raquette, fléchettes, pétanque, "
        "trottinette, cerf-volant, panier de basket, filet, piscine à balles, billard",
        "trampoline, swing, slide, ball, racket, darts, scooter, kite, goal net",
        "Trampolin, Schaukel, Rutsche, Ball, Schläger, Dart, Roller",
        "cama elástica, columpio, tobogán, pelota, raqueta, cometa",
        "trampolino, altalena, scivolo, palla, racchetta, aquilone",
    ),
    Category(
        "PC downloads",
        "gaming",
        "clé CD, téléchargement, code en ligne, jeu PC, extension, DLC, logiciel, "
        "licence, clé d'activation, jeu vidéo, version numérique, antivirus, "
        "simulation",
        "CD key, download, online code, PC game, expansion, DLC, software, license",
        "Download, Aktivierungscode, PC-Spiel, Erweiterung, Software, Lizenz",
        "descarga, código en línea, juego de PC, expansión, licencia",
        "download, codice online, gioco PC, espansione, licenza",
    ),
    Category(
        "second-hand books",
        "print",
        "livre, roman, lot de livres, poche, biographie, essai, guide, manuel, "
        "ancien livre, poésie, reliure, thriller, édition originale, recueil, atlas",
        "book, novel, lot of books, paperback, biography, guide, thriller, old edition",
        "Buch, Roman, Bücherpaket, Taschenbuch, Biografie, Ratgeber, Krimi",
        "libro, novela, lote de libros, biografía, guía, poesía",
        "libro, romanzo, lotto di libri, biografia, guida, poesia",
    ),
)

# What the categories of a family have in common, per language.
FAMILIES = {
    "home": {
        "fr": "maison, salon, chambre, bois, blanc, gris, design, moderne, coton, "
        "scandinave, décoration, lot de 2, rangement, noir, métal, motif, dimensions",
        "en": "home, living room, bedroom, wood, white, grey, modern, cotton, design",
        "de": "Haus, Wohnzimmer, Schlafzimmer, Holz, weiß, grau, modern, Baumwolle",
        "es": "hogar, salón, dormitorio, madera, blanco, gris, moderno, algodón",
        "it": "casa, soggiorno, camera, legno, bianco, grigio, moderno, cotone",
    },
    "garden": {
        "fr": "jardin, extérieur, terrasse, résistant, résine, aluminium, pliable, "
        "eau, "
        "été, vert, imperméable, plein air, anthracite, acier, pelouse, soleil",
        "en": "garden, outdoor, terrace, weatherproof, aluminium, folding, water, "
        "summer",
        "de": "Garten, Terrasse, wetterfest, Aluminium, klappbar, Wasser, Sommer",
        "es": "jardín, exterior, terraza, resistente, aluminio, plegable, verano",
        "it": "giardino, esterno, terrazza, resistente, alluminio, pieghevole, estate",
    },
    "print": {
        "fr": "édition, auteur, histoire, collection, broché, pages, volume, "
        "couverture, "
        "numéro 12, art, cuisine, guerre, voyage, nature, science, couleur, relié",
        "en": "edition, author, history, collection, paperback, pages, volume, art, "
        "war",
        "de": "Ausgabe, Autor, Geschichte, Sammlung, Seiten, Band, Kunst, Reise",
        "es": "edición, autor, historia, colección, páginas, volumen, arte, viaje",
        "it": "edizione, autore, storia, collezione, pagine, volume, arte, viaggio",
    },
    "gaming": {
        "fr": "gamer, console, PC, multijoueur, en ligne, compatible, "
        "version française, "
        "jeu, manette, noir, neuf sous blister, sans fil, joueur, zone, édition",
        "en": "gaming, console, PC, multiplayer, online, compatible, game, wireless",
        "de": "Gaming, Konsole, PC, Mehrspieler, online, kompatibel, Spiel, kabellos",
        "es": "gaming, consola, PC, multijugador, en línea, compatible, juego",
        "it": "gaming, console, PC, multigiocatore, online, compatibile, gioco",
    },
    "collect": {
        "fr": "collection, licence, rare, univers, échelle, modèle, vitrine, peint, "
        "édition limitée, fantastique, vaisseau, collectionneur, boîte, guerrier",
        "en": "collection, licensed, rare, universe, scale, model, limited edition, "
        "box",
        "de": "Sammlung, Lizenz, selten, Universum, Maßstab, Modell, Krieger",
        "es": "colección, licencia, raro, universo, escala, modelo, guerrero",
        "it": "collezione, licenza, raro, universo, scala, modello, guerriero",
    },
    "play": {
        "fr": "enfant, jeu, famille, jouet, éducatif, dès 3 ans, couleurs, animaux, "
        "fille, "
        "garçon, anniversaire, amusant, cadeau, plastique, intérieur, joueurs",
        "en": "kids, game, family, toy, educational, colours, animals, birthday, gift",
        "de": "Kinder, Spiel, Familie, Spielzeug, lehrreich, Farben, Tiere, Geschenk",
        "es": "niños, juego, familia, juguete, educativo, colores, animales, regalo",
        "it": "bambini, gioco, famiglia, giocattolo, educativo, colori, animali, "
        "regalo",
    },
    "baby": {
        "fr": "bébé, enfant, coton, naissance, doux, mois, fille, garçon, rose, ours, "
        "confortable, lot de 3, lavable, éveil, maternité, bleu ciel, taille",
        "en": "baby, child, cotton, newborn, soft, months, girl, boy, pink, washable",
        "de": "Baby, Kind, Baumwolle, weich, Monate, Mädchen, Junge, waschbar",
        "es": "bebé, niño, algodón, suave, meses, niña, rosa, lavable",
        "it": "neonato, bambino, cotone, morbido, mesi, bambina, rosa, lavabile",
    },
    "daily": {
        "fr": "lot, pack, recharge, maison, pratique, naturel, qualité, sachet, boîte, "
        "quotidien, assortiment, format, kg, artisanal, petit, grand, recyclé",
        "en": "pack, refill, practical, natural, quality, bag, box, assortment, small",
        "de": "Packung, Nachfüllung, praktisch, natürlich, Qualität, Beutel, klein",
        "es": "paquete, recambio, práctico, natural, calidad, bolsa, surtido",
        "it": "confezione, ricarica, pratico, naturale, qualità, sacchetto, "
        "assortimento",
    },
}
